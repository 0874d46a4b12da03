import { shapeOf } from '../visits/agent-shape.ts';
import { bots } from './bot-list.ts';
import type { HitClass } from './hit-class.ts';
import { appNames } from '../visits/in-app.ts';
import { compilePhrases, type PhraseTable } from '../visits/phrases.ts';

/** The class of a hit, and the code of the reason ("preview:slack"). */
export type Verdict = { readonly class: HitClass; readonly reason: string };

const labels = new Map([
  ['human:browser', 'Browser'],
  ['human:in-doubt', 'Browser in a scanner’s network'],
  ['owner:dashboard', 'Opened from the dashboard'],
  ['owner:network', 'Left out: your networks'],
  ['scanner:burst', 'Many links at once'],
  ['scanner:sweep', 'Many links from one network at once'],
  ['scanner:microsoft', 'Microsoft Safe Links'],
  ['crawler:isbot', 'Other bot'],
  ['preview:other', 'Other link preview'],
  ['scanner:other', 'Other security scanner'],
  ['tool:other', 'Other program'],
  ['tool:no-user-agent', 'No user agent'],
  ['tool:embedded', 'Loaded as part of a page'],
  ['tool:copied-agent', 'Program with a browser’s name'],
  ['tool:head-request', 'HEAD request'],
  ['prefetch:sec-purpose', 'Prefetched by the browser'],
  ['prefetch:purpose', 'Prefetched by the browser'],
  ['prefetch:x-purpose', 'Previewed by the browser'],
  ['prefetch:x-moz', 'Prefetched by Firefox'],
]);
for (const name of appNames) labels.set(`human:in-app:${codeOf(name)}`, `${name} app`.replace(/ app app$/, ' app'));

const finders = bots.map(([botClass, table]) => {
  const verdicts = new Map<string, Verdict>();
  for (const name of Object.keys(table)) {
    const reason = `${botClass}:${codeOf(name)}`;
    verdicts.set(name, { class: botClass, reason });
    labels.set(reason, botClass === 'preview' ? `${name} preview` : name);
  }
  return { find: compilePhrases(asShapes(table)), verdicts };
});

/** The phrases as they stand in a shape, where every number is 0. */
function asShapes(table: PhraseTable): PhraseTable {
  return Object.fromEntries(Object.entries(table).map(([name, phrases]) => [name, [...new Set(phrases.map(asShape))]]));
}

/** @throws Error when nothing but numbers is left of a phrase, because it would stand in every agent */
function asShape(phrase: string): string {
  const shape = shapeOf(phrase);
  if (!/[a-z]/i.test(shape)) throw new Error(`The phrase "${phrase}" has no word left in its shape.`);
  return shape;
}

/** The verdict on the shape of a user agent that says which bot it is, or undefined. */
export function findBot(shape: string): Verdict | undefined {
  for (const { find, verdicts } of finders) {
    const name = find(shape);
    if (name !== undefined) return verdicts.get(name);
  }
  return undefined;
}

/** A name as the last part of a reason: "Screaming Frog" becomes "screaming-frog". */
export function codeOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

/**
 * The words for a reason: "Slack preview", "Googlebot", "No user agent".
 * A reason that these rules do not know (stored by older ones) reads as its last part.
 */
export function reasonLabel(reason: string): string {
  return labels.get(reason) ?? reason.slice(reason.lastIndexOf(':') + 1).replaceAll('-', ' ');
}
