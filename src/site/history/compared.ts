import { createHash } from 'node:crypto';
import { inSentence } from '../../ground/text/format.ts';
import { Conflict } from '../../ground/text/errors.ts';

/** A field of a thing, beside the change that is to be undone; texts as people read them, '' for nothing. */
export type FieldNow = {
  name: string;
  label: string;
  now: string;
  /** With the change undone. */
  undone: string;
  /** As the change left it. Somebody changed it since where it is another now. */
  left: string;
  /** A doubt that a person has to settle, in a sentence. */
  doubt?: string;
  /** Why it cannot be undone at all, in a sentence. */
  obstacle?: string;
};

/** The fields to set, by name; none are left where it is undone already. */
export type Settled = Record<string, string>;

/** Somebody changed the same fields since. */
export class ChangedSince extends Conflict {
  readonly fields: readonly FieldNow[];

  constructor(fields: readonly FieldNow[]) {
    const [first] = fields;
    const sentence = first?.doubt ?? `The ${inSentence(first?.label ?? 'thing')} was changed since.`;
    super(sentence, { code: 'overtaken' });
    this.fields = fields;
  }
}

/** Stands for the values that a page showed. A person who saw them may undo over what others changed since. */
export const digestOf = (fields: readonly FieldNow[]): string =>
  createHash('sha256')
    .update(JSON.stringify(fields.map(({ name, now, undone }) => [name, now, undone])))
    .digest('base64url')
    .slice(0, 22);

/**
 * Says what undoing sets. To be called under a lock of the thing.
 * @param seen digest of what the person was shown, who wants it nevertheless
 * @throws ChangedSince where somebody changed one of the fields, and the person has not seen to what
 * @throws Conflict for what cannot be undone
 */
export function settle(fields: readonly FieldNow[], seen: string): Settled {
  const barred = fields.find(({ obstacle }) => obstacle !== undefined);
  if (barred?.obstacle) throw new Conflict(barred.obstacle, { code: 'cannot_undo' });
  const open = fields.filter(({ now, undone }) => now !== undone);
  const others = open.filter(({ now, left, doubt }) => doubt !== undefined || now !== left);
  if (others.length > 0 && seen !== digestOf(fields)) throw new ChangedSince(others);
  return Object.fromEntries(open.map(({ name, undone }) => [name, undone]));
}
