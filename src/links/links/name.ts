import { composedLine, maxTypedLine } from '../../ground/text/composed.ts';
import { uniqueViolation } from '../../ground/db/pg-errors.ts';
import { Conflict, Invalid } from '../../ground/text/errors.ts';
import { foldCase } from '../../ground/addresses/slug.ts';

/** Commas of all scripts part one name from the next where several stand in one field. */
const commas = /[,\u055d\u060c\u07f8\u1363\u1802\u1808\u3001\ua4fe\ua60d\ufe10\ufe11\ufe50\ufe51\uff0c\uff64]/u;

const invisible = /\p{Default_Ignorable_Code_Point}/gu;

/**
 * Reads the name of a tag, a campaign or a saved view as a person typed it: any script, white space made single.
 * @param kind how a refusal calls it, and whether several stand in one field
 * @returns the name in NFC, as it will be shown
 * @throws Invalid (code `name_invalid`) with the reason
 */
export function readName(
  typed: string,
  kind: { field: string; what: string; maxLength: number; isListed: boolean },
): string {
  const { field, what, maxLength } = kind;
  const name = composedLine(typed);
  const refuse = (sentence: string) => new Invalid(sentence, { field, code: 'name_invalid' });
  if (nameKey(name) === '') throw refuse(`A ${what} needs a name.`);
  if (name.length > maxLength) throw refuse(`The name of a ${what} has at most ${maxLength} characters.`);
  if (kind.isListed && commas.test(name))
    throw refuse(`The name of a ${what} holds no comma: commas stand between names.`);
  return name;
}

/** The key by which names are told apart: without regard to case, to compatibility forms and to what leaves no trace. */
export function nameKey(name: string): string {
  return foldCase(composedLine(name).replace(invisible, '')).trim();
}

/**
 * Runs a statement that gives something a name.
 * @param index which holds that names are told apart
 * @param what how the refusal calls it, and its code begins
 * @throws Conflict (field `name`, code `<what>_taken`) when another one has the name
 */
export async function refuseTaken<Result>(
  name: string,
  { index, what }: { index: string; what: string },
  write: () => Promise<Result>,
): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    if (uniqueViolation(error) !== index) throw error;
    throw new Conflict(`There is a ${what} “${name}” already.`, { field: 'name', code: `${what}_taken` });
  }
}

/** The names in a field that holds several; those that are empty, or there already, are left out. */
export function splitNames(typed: string): string[] {
  return uniqueNames(typed.split(commas));
}

/** The name that is being typed at the end of a field that holds several, and those before it. */
export function lastName(typed: string): { others: string[]; last: string } {
  const names = typed.slice(-maxTypedLine).split(commas);
  return { last: names.pop() ?? '', others: uniqueNames(names) };
}

/** Names without those that are empty or were there before, in their order. */
export function uniqueNames(names: readonly string[]): string[] {
  const byKey = new Map<string, string>();
  for (const name of names) {
    const key = nameKey(name);
    if (key !== '' && !byKey.has(key)) byKey.set(key, composedLine(name));
  }
  return [...byKey.values()];
}
