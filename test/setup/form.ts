import type { Answer } from './app.ts';

const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
const unescaped = (text: string) =>
  text.replaceAll(/&(amp|lt|gt|quot|#39);/g, (_whole, name: string) => named[name] ?? '');
const attribute = (tag: string, name: string) => {
  const found = new RegExp(`\\s${name}(?:="([^"]*)")?(?=[\\s>])`).exec(tag);
  return found ? unescaped(found[1] ?? '') : undefined;
};

/**
 * What a browser without scripts would send of a form on a page, as it stands there.
 * @param action the end of the form's address
 */
export function fieldsOf({ text }: Pick<Answer, 'text'>, action: string): Record<string, string> {
  const form = [...text.matchAll(/<form[^>]*>[\s\S]*?<\/form>/g)]
    .map(([found]) => found)
    .find((found) => attribute(found.slice(0, found.indexOf('>') + 1), 'action')?.endsWith(action));
  if (!form) throw new Error(`There is no form that sends to ${action}.`);
  const fields: Record<string, string> = {};
  for (const [tag] of form.matchAll(/<input[^>]*>/g)) {
    const name = attribute(tag, 'name');
    const isBox = ['checkbox', 'radio'].includes(attribute(tag, 'type') ?? '');
    if (!name || attribute(tag, 'disabled') !== undefined) continue;
    if (!isBox) fields[name] = attribute(tag, 'value') ?? '';
    else if (attribute(tag, 'checked') !== undefined) fields[name] = attribute(tag, 'value') ?? 'on';
  }
  // The first line end of a textarea is markup, and browsers send others as CR LF.
  for (const [, tag = '', content = ''] of form.matchAll(/(<textarea[^>]*>)([\s\S]*?)<\/textarea>/g))
    fields[attribute(tag, 'name') ?? ''] = unescaped(content.replace(/^\n/, '')).replaceAll('\n', '\r\n');
  for (const [, tag = '', content = ''] of form.matchAll(/(<select[^>]*>)([\s\S]*?)<\/select>/g)) {
    const options = [...content.matchAll(/(<option[^>]*>)([^<]*)/g)].map(([, option = '', words = '']) => ({
      value: attribute(option, 'value') ?? unescaped(words.trim()),
      isChosen: attribute(option, 'selected') !== undefined,
    }));
    fields[attribute(tag, 'name') ?? ''] = (options.find(({ isChosen }) => isChosen) ?? options[0])?.value ?? '';
  }
  return fields;
}
