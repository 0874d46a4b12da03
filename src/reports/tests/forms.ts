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
import { areEven, readShares, textsOfShares, withEvenShares } from '../../links/splits/shares.ts';
import { faultOfAll, maxVersions, versionLetter } from '../../links/splits/text.ts';

/** A version as it is typed, its share in percent. */
export type TypedVersion = { url: string; share: string };

/** The editor of a test as it stands in a form. `endsByGoal`: id of a goal, '' for none. */
export type TypedTest = { rows: TypedVersion[]; endsAt: string; endsByGoal: string };

/** A field that stands in each row. */
const column = z
  .union([z.array(z.string()), z.string().transform((text) => [text])])
  .catch([])
  .transform((texts) => texts.slice(0, maxVersions + 1));

export const testForm = z.object({
  url: column,
  share: column,
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
  const isAlone = !link.split && form.url.length === 1;
  const rows = form.url.map((url, index) => ({ url, share: form.share[index] ?? (isAlone ? '50' : '') }));
  const own = isAlone ? [{ url: link.url, share: '50' }] : [];
  return { rows: [...own, ...rows], endsAt: form.endsAt, endsByGoal: form.endsByGoal };
}

/** The form for a link as it is; without a test, its own address and an empty one. */
export function openTest({ url, split }: Pick<Link, 'url' | 'split'>, timeZone: string): TypedTest {
  const versions = split?.versions ?? [
    { url: null, weight: 1 },
    { url: '', weight: 1 },
  ];
  const shares = textsOfShares(versions.map(({ weight }) => weight));
  return {
    rows: versions.map((version, index) => ({ url: version.url ?? url, share: shares[index] ?? '' })),
    endsAt: split?.endsAt ? wallClock(new Date(split.endsAt), timeZone).toISOString().slice(0, 16) : '',
    endsByGoal: split?.endsByGoal ?? '',
  };
}

/** The form after a press that changes its rows alone; undefined where it is to be saved. Even shares stay even. */
export function withOtherRows(test: TypedTest, action: string): TypedTest | undefined {
  const { rows } = test;
  const [, place] = /^remove-(\d)$/.exec(action) ?? [];
  if (action !== 'add' && place === undefined) return undefined;
  const others =
    action === 'add'
      ? [...rows, { url: '', share: '' }].slice(0, maxVersions)
      : rows.filter((_, index) => rows.length <= 2 || index !== Number(place));
  return { ...test, rows: withEvenShares(rows, others) };
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
 * @throws Invalid, of all fields at once: `url-0`, `share-1`, `endsAt`, `endsByGoal`; `test` for all rows together
 */
export async function readTest(
  context: LinkContext,
  { workspaceId, url: own, split }: Pick<Link, 'workspaceId' | 'url' | 'split'>,
  { rows, endsAt, endsByGoal }: TypedTest,
  { now, timeZone }: { now: Date; timeZone: string },
): Promise<Split> {
  const refusals = new Refusals();
  const kept = rows
    .map((row, index) => ({ ...row, index }))
    .filter(({ url, index }) => index <= 1 || url.trim() !== '');
  const urls: (string | null)[] = [];
  const taken: string[] = [];
  for (const { url: text, index } of kept) {
    const field = `url-${index}`;
    const url = await refusals.read(async () => {
      // The link's own address was read when the link was made.
      const read = text.trim() === own ? own : await readUrl(context, workspaceId, text, field);
      const same = taken.indexOf(read);
      if (same >= 0) throw new Invalid(`This is the address of ${versionLetter(same + 1)} already.`, { field });
      return read;
    });
    taken.push(url ?? '');
    urls.push(url === own ? null : (url ?? ''));
  }
  const isSame =
    split?.versions.length === urls.length && split.versions.every(({ url }, index) => url === urls[index]);
  const fault = faultOfAll(urls.map((url) => ({ url, weight: 1 })));
  const weights = refusals.readNow(() => {
    if (fault !== undefined) throw new Invalid(fault, { field: 'test' });
    return readShares(
      // Rows that are left out take their part of even shares with them.
      kept.map(({ share, index }) => {
        return { text: kept.length < rows.length && areEven(rows) ? '' : share, field: `share-${index}` };
      }),
      refusals,
      { known: isSame ? split.versions.map(({ weight }) => weight) : [], ofAll: 'test' },
    );
  });
  const versions = urls.map((url, index): SplitVersion => ({ url, weight: weights?.[index] ?? 0 }));
  const end = refusals.readNow(() => readEnd(endsAt, now, timeZone, split?.endsAt ?? null)) ?? null;
  const goalId = endsByGoal === '' ? undefined : endsByGoal;
  await refusals.read(() => refuseOtherGoal(context, workspaceId, goalId, 'endsByGoal'));
  const isPaused = split?.isPaused ?? false;
  return refusals.settle({ versions, endsAt: end, isPaused, ...(goalId !== undefined && { endsByGoal: goalId }) });
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
