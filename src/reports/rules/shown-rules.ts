import type { Route } from '../../ground/addresses/route.ts';
import type { Link } from '../../links/links/queries.ts';
import { warningsOf } from '../../links/routes/never.ts';
import { wordsOfCondition } from '../../links/routes/words.ts';

/** A rule as the tab lists it. */
export type ShownRule = {
  name: string;
  /** Its name is the beginning of its condition, which says more. */
  isMade: boolean;
  condition: string;
  /** `share`: from 0 to 1; undefined of a rule with one address. */
  addresses: { url: string; share: number | undefined; app: string | null }[];
  /** A sentence where it can never hold. */
  warning: string | null;
  /** Since it was made; undefined where counting took too long. */
  clicks: number | undefined;
};

/**
 * The rules of a link in their order.
 * @param now dates that have passed are told
 * @param clicks of each; null where they are not known
 */
export function showRules({ routes }: Pick<Link, 'routes'>, now: Date, clicks: readonly number[] | null): ShownRule[] {
  const all = routes ?? [];
  const warnings = warningsOf(all, now);
  return all.map(({ name, when, to }, index) => ({
    name,
    isMade: isMadeOf(name, wordsOfCondition(when)),
    condition: wordsOfCondition(when),
    addresses: addressesOf(to),
    warning: warnings[index] ?? null,
    clicks: clicks?.[index],
  }));
}

/** Whether a name was made of a condition's words, cut or whole. */
export const isMadeOf = (name: string, words: string): boolean =>
  words.toLowerCase().startsWith(name.replace(/…$/, '').toLowerCase());

function addressesOf(to: Route['to']): ShownRule['addresses'] {
  const sum = to.reduce((all, { weight }) => all + weight, 0);
  return to.map(({ url, weight, app }) => ({ url, share: to.length > 1 ? weight / sum : undefined, app }));
}
