import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Conflict } from '../text/errors.ts';
import { typedValues } from './typed.ts';

/**
 * Forms that change something that others may change meanwhile. Each carries what it showed, as a digest a field. Saving
 * writes the fields that differ from it, and is refused where somebody else saved another value of one of them. The
 * refused form shows both values.
 */

/** Fields that every such form sends besides its own. */
export const editFields = {
  /** Digest of the values that the form showed (`shownBy`). Without it every field that was sent counts as changed. */
  shown: z.string().max(2_000).catch(''),
  /** Names of fields whose stored value is to stay, chosen after a conflict. */
  theirs: z.union([z.array(z.string()), z.string().transform((name) => [name])]).catch([]),
};

/** Two people changed the same fields. */
export class Overtaken extends Conflict {
  readonly fields: readonly string[];

  constructor(fields: readonly string[]) {
    const sentence = 'Somebody else changed this while you had the form open.';
    super(sentence, { code: 'overtaken', ...(fields[0] ? { field: fields[0] } : {}) });
    this.fields = fields;
  }
}

/** A form that was sent. */
export type Edit<Name extends string> = {
  /** The fields that the person changed, as they were sent. */
  changes: Partial<Record<Name, string>>;
  /**
   * To be called under a lock of what is changed.
   * @param stored the fields as the form would show them now
   * @throws Overtaken for fields that were changed here and by somebody else, to different values
   */
  refuseOvertaken(stored: Record<Name, string>): void;
  /**
   * The form once more, after a refusal: what was typed stays, and the other fields show what is stored now.
   * @param stored the fields as the form would show them now
   * @param refusal what was thrown
   */
  again(stored: Record<Name, string>, refusal?: unknown): EditView<Name>;
};

/** The values of a form's template, besides sentences of refusals. */
export type EditView<Name extends string> = {
  values: Record<Name, string>;
  /** For the hidden field `shown`. */
  shown: string;
  /** Stored values of the fields that both changed. */
  conflicts: Partial<Record<Name, string>>;
};

/** A form that is opened. */
export const openEdit = <Name extends string>(stored: Record<Name, string>): EditView<Name> => ({
  values: stored,
  shown: shownBy(stored),
  conflicts: {},
});

/**
 * Reads what was sent, well formed or not.
 * @param names the form's fields
 */
export function readEdit<Name extends string>(body: unknown, names: readonly Name[]): Edit<Name> {
  const texts = typedValues(body);
  const sent = z.object(editFields).catch({ shown: '', theirs: [] }).parse(body);
  const shown = new Map(sent.shown.split(' ').map((pair) => pair.split(':') as [string, string | undefined]));
  const isAsShown = (name: Name, text: string) => shown.get(name) === digestOf(text);
  const changes: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const text = texts[name];
    if (text !== undefined && !sent.theirs.includes(name) && !isAsShown(name, text)) changes[name] = text;
  }
  const changed = names.filter((name) => changes[name] !== undefined);
  const overtakenBy = (stored: Record<Name, string>) =>
    changed
      .filter((name) => shown.has(name) && !isAsShown(name, stored[name]))
      .filter((name) => digestOf(stored[name]) !== digestOf(changes[name] ?? ''));
  return {
    changes,
    refuseOvertaken(stored) {
      const fields = overtakenBy(stored);
      if (fields.length > 0) throw new Overtaken(fields);
    },
    again(stored, refusal) {
      const overtaken = refusal instanceof Overtaken ? overtakenBy(stored) : [];
      const conflicts = Object.fromEntries(overtaken.map((name) => [name, stored[name]]));
      // The next try is compared with what was shown at first, but for what this page shows of the stored values.
      const digests = names.map((name): [string, string | undefined] =>
        changed.includes(name) && !overtaken.includes(name) ? [name, shown.get(name)] : [name, digestOf(stored[name])],
      );
      return {
        values: { ...stored, ...changes },
        shown: written(digests),
        conflicts: conflicts as Partial<Record<Name, string>>,
      };
    },
  };
}

const shownBy = (values: Record<string, string>): string =>
  written(Object.entries(values).map(([name, text]) => [name, digestOf(text)]));

const written = (digests: readonly (readonly [name: string, digest: string | undefined])[]): string =>
  digests.flatMap(([name, digest]) => (digest === undefined ? [] : [`${name}:${digest}`])).join(' ');

/** 96 bits: texts that differ by more than white space around them and line ends, which browsers rewrite, differ here. */
const digestOf = (text: string): string =>
  createHash('sha256').update(text.replaceAll(/\r\n?/g, '\n').trim()).digest('base64url').slice(0, 16);
