import * as format from '../../src/ground/text/format.ts';
import { namesTaken } from '../../src/site/frame/templates.ts';

/** Rule 20: a template includes a part with the names that the part's first comment has, and a part reads no others. */

/** Names that every template sees, beside those of a part (src/site/frame/views.ts). */
const everywhere = new Set(
  Object.keys(format).concat(
    'formToken',
    'openTo',
    'shortened',
    'asset',
    'icon',
    'linkOptions',
    'shownOf',
    'user',
    'workspace',
    'may',
    'toOpen',
  ),
);

export type Include = { part: string; passed: string[]; isOpen: boolean };

/** The parts that a template includes, with the names it passes; open: with those of an object that is spread. */
export function includesIn(template: string): Include[] {
  return [...template.matchAll(/\binclude\('\/([^']*\/_[^']*)'(,\s*\{)?/g)].map((match) => {
    const [found, part = '', passes] = match;
    const entries = passes ? entriesFrom(template, match.index + found.length) : [];
    return {
      part,
      passed: entries.flatMap((entry) => /^\w+/.exec(entry)?.[0] ?? []),
      isOpen: entries.some((entry) => entry.startsWith('...')),
    };
  });
}

/** The entries of an object literal, up to the brace that closes it. @param start behind the brace that opens it */
function entriesFrom(text: string, start: number): string[] {
  const entries = [''];
  // The brackets and quotation marks that are open.
  const open: string[] = [];
  for (let at = start; at < text.length; at++) {
    const character = text[at] ?? '';
    const inside = open.at(-1) ?? '';
    const isText = '\'"`'.includes(inside) && inside !== '';
    if (isText && character === '\\') at++;
    else if (isText && inside === '`' && text.startsWith('${', at)) open.push(text[++at] ?? '');
    else if (isText ? character === inside : ')]}'.includes(character)) {
      if (open.pop() === undefined) break;
    } else if (!isText && '\'"`([{'.includes(character)) open.push(character);
    else if (open.length === 0 && character === ',') entries.push('');
    if (open.length > 0 || character !== ',') entries.push(`${entries.pop()}${character}`.trimStart());
  }
  return entries.filter(Boolean);
}

/** What is wrong between templates: names passed that a part does not take, names that it needs and does not get. */
export function wrongIncludesIn(template: string, read: (part: string) => string): string[] {
  return includesIn(template).flatMap(({ part, passed, isOpen }) => {
    const { taken, needed } = namesTaken(read(part));
    return [
      ...passed.filter((name) => !taken.has(name)).map((name) => `${part} takes no ${name}`),
      ...[...needed].filter((name) => !isOpen && !passed.includes(name)).map((name) => `${part} does not get ${name}`),
    ];
  });
}

/** Names that a part reads without taking them, and names that it takes without reading them. */
export function wrongNamesIn(part: string): string[] {
  const { taken } = namesTaken(part);
  const code = part.replace(/\/\*[\s\S]*?\*\//g, '');
  const unpacked = [...code.matchAll(/\{([^{}]*)\} = it;/g)].flatMap(([, names = '']) => names.split(','));
  const dotted = [...code.matchAll(/\bit\.(\w+)/g)].map(([, name = '']) => name);
  const reads = new Set([...dotted, ...unpacked.flatMap((name) => /\w+/.exec(name)?.[0] ?? [])]);
  return [
    ...[...reads].filter((name) => !taken.has(name) && !everywhere.has(name)).map((name) => `reads ${name}`),
    ...[...taken].filter((name) => !reads.has(name)).map((name) => `does not read ${name}`),
  ];
}
