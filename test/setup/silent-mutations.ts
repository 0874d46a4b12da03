/** Reads code as text, which the formatter keeps in one shape: a declaration begins at the margin. */

type Declaration = { name: string; isExported: boolean; isFunction: boolean; text: string };

function declarationsOf(text: string): Declaration[] {
  const start = /^(export )?(?:default )?(async function\*?|function\*?|const|type|class) (\w+)/;
  return text
    .split(/^(?=(?:export|async function|function|const|type|class|import|\/\*\*|\/\/) ?)/m)
    .flatMap((chunk) => {
      const [, exported, kind = '', name] = start.exec(chunk) ?? [];
      if (name === undefined) return [];
      const isFunction = /function|class/.test(kind) || /^[^\n]*=> /m.test(chunk);
      return [{ name, isExported: exported !== undefined, isFunction, text: chunk }];
    });
}

/** A declaration with all of its file that it leans on. */
function reachOf(declaration: Declaration, all: readonly Declaration[]): string {
  const reached = new Set([declaration]);
  for (const each of reached)
    for (const other of all) if (new RegExp(`\\b${other.name}\\b`).test(each.text)) reached.add(other);
  return [...reached].map(({ text }) => text).join('\n');
}

/**
 * The exported functions of a file that write, and take no actor (jobs of the server name themselves) or record nothing.
 * @param writes tells whether code writes into a table
 */
export function silentIn(text: string, writes: (code: string) => boolean): string[] {
  const all = declarationsOf(text);
  return all
    .filter(({ isExported, isFunction }) => isExported && isFunction)
    .filter((declaration) => {
      const reach = reachOf(declaration, all);
      if (!writes(reach)) return false;
      return !/\bby: Actor\b|\bserverJob\(/.test(reach) || !/\brecord\(/.test(reach);
    })
    .map(({ name }) => name);
}
