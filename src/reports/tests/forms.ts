import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Split, SplitVersion } from '../../ground/addresses/split.ts';
import { typed } from '../../ground/http/typed.ts';
import { composedLine } from '../../ground/text/composed.ts';
import { Conflict, Invalid, Refusals } from '../../ground/text/errors.ts';
import { instantShowing, isDay, wallClock } from '../../ground/time/zoned-time.ts';
import type { Link } from '../../links/links/queries.ts';
import type { LinkContext } from '../../links/reading/context.ts';
import { readUrl } from '../../links/reading/url.ts';
import { refuseOtherGoal } from '../../links/reading/ending-goal.ts';
import { faultOfAll, maxVersions, maxWeight, versionLetter } from '../../links/splits/text.ts';

/** A version as it is typed. */
export type TypedVersion = { url: string; weight: string };

/** The editor of a test as it stands in a form. `endsByGoal`: id of a goal, '' for none. */
export type TypedTest = { rows: TypedVersion[]; endsAt: string; endsByGoal: string };

/** A field that stands in each row. */
const column = z
  .union([z.array(z.string()), z.string().transform((text) => [text])])
  .catch([])
  .transform((texts) => texts.slice(0, maxVersions + 1));

export const testForm = z.object({
  url: column,
  weight: column,
  endsAt: typed,
  endsByGoal: typed,
  /** `save`, `add`, or `remove-` with the place of a row; the return key sends the first button. */
  action: typed,
  /** Of the test that the form showed. */
  shown: typed,
});

export const endForm = z.object({
  /** A version's number, or '' for none. */
  winner: typed,
  reason: typed.transform(composedLine).pipe(z.string().max(500, 'Use at most 500 characters.')),
  shown: typed,
  /** The goal whose numbers are kept. */
  goal: typed,
});

/** The form as it was sent. For a link without a test one address is enough: half of its visitors go there. */
export function typedTest(form: z.output<typeof testForm>, link: Pick<Link, 'url' | 'split'>): TypedTest {
  const rows = form.url.map((url, index) => ({ url, weight: form.weight[index] ?? '50' }));
  const own = link.split || rows.length > 1 ? [] : [{ url: link.url, weight: '50' }];
  return { rows: [...own, ...rows], endsAt: form.endsAt, endsByGoal: form.endsByGoal };
}

/** The form for a link as it is; without a test, its own address and an empty one. */
export function openTest({ url, split }: Pick<Link, 'url' | 'split'>, timeZone: string): TypedTest {
  const versions = split?.versions ?? [
    { url: null, weight: 50 },
    { url: '', weight: 50 },
  ];
  return {
    rows: versions.map((version) => ({ url: version.url ?? url, weight: String(version.weight) })),
    endsAt: split?.endsAt ? wallClock(new Date(split.endsAt), timeZone).toISOString().slice(0, 16) : '',
    endsByGoal: split?.endsByGoal ?? '',
  };
}

/** The form after a press that changes its rows alone; undefined where it is to be saved. */
export function withOtherRows(test: TypedTest, action: string): TypedTest | undefined {
  const { rows } = test;
  if (action === 'add') return { ...test, rows: [...rows, { url: '', weight: '50' }].slice(0, maxVersions) };
  const [, place] = /^remove-(\d)$/.exec(action) ?? [];
  if (place === undefined) return undefined;
  return { ...test, rows: rows.length > 2 ? rows.filter((_, index) => index !== Number(place)) : rows };
}

/** A digest of all that a form can change, so that it saves over nothing that it did not show. */
export const digestOfTest = ({ url, split }: Pick<Link, 'url' | 'split'>): string => {
  const versions = split?.versions.map((version) => [version.url, version.weight]);
  const text = JSON.stringify([url, versions, split?.endsAt, split?.isPaused, split?.endsByGoal]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
};

/** @throws Conflict where the test is another one than was shown; a program that names none is let through */
export function refuseOtherTest(now: Pick<Link, 'url' | 'split'>, shown: string): void {
  if (shown === '' || shown === digestOfTest(now)) return;
  throw new Conflict('Somebody else changed this test meanwhile. Look at the page again before you save.', {
    field: 'test',
    code: 'overtaken',
  });
}

/**
 * Reads the rows of a test. Rows without an address are left out, but for the first two.
 * @param link whose own address a row may name
 * @throws Invalid, of all fields at once: `url-0`, `weight-1`, `endsAt`, `endsByGoal`; `test` for all rows together
 */
export async function readTest(
  context: LinkContext,
  { workspaceId, url: own, split }: Pick<Link, 'workspaceId' | 'url' | 'split'>,
  { rows, endsAt, endsByGoal }: TypedTest,
  { now, timeZone }: { now: Date; timeZone: string },
): Promise<Split> {
  const refusals = new Refusals();
  const versions: SplitVersion[] = [];
  const taken: string[] = [];
  for (const [index, row] of rows.entries()) {
    if (index > 1 && row.url.trim() === '') continue;
    const field = `url-${index}`;
    const url = await refusals.read(async () => {
      // The link's own address was read when the link was made.
      const read = row.url.trim() === own ? own : await readUrl(context, workspaceId, row.url, field);
      const same = taken.indexOf(read);
      if (same >= 0) throw new Invalid(`This is the address of ${versionLetter(same + 1)} already.`, { field });
      return read;
    });
    taken.push(url ?? '');
    const weight = refusals.readNow(() => readWeight(row.weight, `weight-${index}`));
    versions.push({ url: url === own ? null : (url ?? ''), weight: weight ?? 0 });
  }
  const end = refusals.readNow(() => readEnd(endsAt, now, timeZone, split?.endsAt ?? null)) ?? null;
  const goalId = endsByGoal === '' ? undefined : endsByGoal;
  await refusals.read(() => refuseOtherGoal(context, workspaceId, goalId, 'endsByGoal'));
  const isPaused = split?.isPaused ?? false;
  const read = refusals.settle({
    versions,
    endsAt: end,
    isPaused,
    ...(goalId !== undefined && { endsByGoal: goalId }),
  });
  // A refused share counts as none, so that all together are looked at when each can be.
  const fault = faultOfAll(versions);
  if (fault !== undefined) throw new Invalid(fault, { field: 'test' });
  return read;
}

function readWeight(text: string, field: string): number {
  const weight = /^\s*\d{1,4}\s*$/.test(text) ? Number(text) : Number.NaN;
  if (!(weight <= maxWeight)) throw new Invalid(`Write a whole number from 0 to ${maxWeight}.`, { field });
  return weight;
}

/** @param kept the end as it is, which may stay although it has passed */
function readEnd(text: string, now: Date, timeZone: string, kept: string | null): string | null {
  if (text.trim() === '') return null;
  const end = instantOfClock(text.trim(), timeZone);
  if (!end) throw new Invalid('Write a day and a time, like 2026-12-24T18:00.', { field: 'endsAt' });
  if (kept !== null && Math.abs(end.getTime() - Date.parse(kept)) < 60_000) return kept;
  if (end <= now) throw new Invalid('Choose a time in the future.', { field: 'endsAt' });
  return end.toISOString();
}

/** The instant of a clock's time in a zone. @returns undefined for no time */
function instantOfClock(text: string, timeZone: string): Date | undefined {
  const [, day = '', hour = '', minute = ''] =
    /^(\d{4}-\d{2}-\d{2})[T ]([01]\d|2[0-3]):([0-5]\d)(?::00)?$/.exec(text) ?? [];
  if (!isDay(day)) return undefined;
  return instantShowing(new Date(`${day}T${hour}:${minute}Z`), timeZone);
}
