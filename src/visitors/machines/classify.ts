import type { IncomingHttpHeaders } from 'node:http';
import { LRUCache } from 'lru-cache';
import { shapeOf } from '../visits/agent-shape.ts';
import { codeOf, findBot, type Verdict } from './bots.ts';
import { callsItselfBrowser, isUnlikeMozilla, isWebView, lacksEngine } from '../visits/browser-agents.ts';
import { type Evidence, isBare, isCopy, readSignals, signal } from './evidence.ts';
import { findApp } from '../visits/in-app.ts';
import { sendsFetchMetadata } from '../visits/fetch-metadata.ts';
import { isUnnamedBot, purposeOf, withoutDevice } from './unnamed-bots.ts';

/** The rules that decide over classes. A reclassification may be given others. */
export type Rules = {
  /** Stored with each hit. */
  version: number;
  /** Says what made a request for a slug, and why: a stable code ("preview:slack") for `reasonLabel`. Never throws. */
  judge(evidence: Evidence): Verdict;
};

const headRequest: Verdict = { class: 'tool', reason: 'tool:head-request' };
const embedded: Verdict = { class: 'tool', reason: 'tool:embedded' };
const copiedAgent: Verdict = { class: 'tool', reason: 'tool:copied-agent' };
/** Looks like a person, but opened many links of one workspace at once with others of its network (sweeps.ts). */
export const swept: Verdict = { class: 'scanner', reason: 'scanner:sweep' };
const noUserAgent: Verdict = { class: 'tool', reason: 'tool:no-user-agent' };
const unnamedTool: Verdict = { class: 'tool', reason: 'tool:other' };
const unnamedBots = {
  crawler: { class: 'crawler', reason: 'crawler:isbot' },
  preview: { class: 'preview', reason: 'preview:other' },
  scanner: { class: 'scanner', reason: 'scanner:other' },
} as const satisfies Record<string, Verdict>;
const browser: Verdict = { class: 'human', reason: 'human:browser' };
const inDoubt: Verdict = { class: 'human', reason: 'human:in-doubt' };
const owner: Verdict = { class: 'owner', reason: 'owner:dashboard' };
const ownNetwork: Verdict = { class: 'owner', reason: 'owner:network' };

const prefetches = [
  [signal.secPurpose, { class: 'prefetch', reason: 'prefetch:sec-purpose' }],
  [signal.purpose, { class: 'prefetch', reason: 'prefetch:purpose' }],
  [signal.xPurpose, { class: 'prefetch', reason: 'prefetch:x-purpose' }],
  [signal.xMoz, { class: 'prefetch', reason: 'prefetch:x-moz' }],
] as const satisfies readonly (readonly [number, Verdict])[];

/** The steps that look at the agent's shape alone, in order. The first verdict wins. */
const agentSteps: readonly ((shape: string) => Verdict | undefined)[] = [
  (shape) => (shape === '' ? noUserAgent : undefined),
  findBot,
  // Before the net: isbot takes some apps and small browsers for bots.
  (shape) => (isWebView(shape) ? inAppBrowser(shape) : undefined),
  (shape) => (isUnlikeMozilla(shape) ? browser : undefined),
  (shape) => (isUnnamedBot(shape) || lacksEngine(shape) ? unnamedBots[purposeOf(shape)] : undefined),
  (shape) => (callsItselfBrowser(shape) ? browser : unnamedTool),
];

/** The steps of a request, in order. The first verdict wins. */
const steps: readonly ((evidence: Evidence, agent: Verdict) => Verdict | undefined)[] = [
  // A HEAD by a bot stays that bot's, because its name says more.
  ({ signals }, agent) =>
    signals & signal.head && (agent.class === 'human' || agent.class === 'tool') ? headRequest : undefined,
  ({ signals }) => prefetches.find(([bit]) => signals & bit)?.[1],
  (_evidence, agent) => (agent.class === 'human' ? undefined : agent),
  ({ signals }) => (signals & signal.embedded ? embedded : undefined),
  ({ signals }) => (signals & signal.owner ? owner : undefined),
  ({ signals }) => (signals & signal.ownNetwork ? ownNetwork : undefined),
  scanned,
  ({ signals }) => (signals & signal.sweep ? swept : undefined),
  ({ signals }, agent) => (agent === browser && isCopy(signals) ? copiedAgent : undefined),
  (_evidence, agent) => agent,
];

/**
 * Today's rules. Raise the version when a change here, in the lists of `bot-list.ts` or in `in-app.ts` moves hits from one class to
 * another; `npm run waymark -- reclassify` then settles what was counted before.
 */
export const rules: Rules = {
  version: 3,
  judge(evidence) {
    const agent = judgeAgent(evidence.agent);
    for (const step of steps) {
      const verdict = step(evidence, agent);
      if (verdict !== undefined) return verdict;
    }
    return agent;
  },
};

/** Says what a request is by itself: without its network, and without the requests around it. */
export function classify(request: {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly isSecure?: boolean;
}): Verdict {
  const userAgent = request.headers['user-agent'] ?? '';
  const signals = readSignals(request, sendsFetchMetadata(userAgent));
  return rules.judge({ agent: shapeOf(userAgent), signals, network: null, isBurst: false });
}

const agentVerdicts = new LRUCache<string, Verdict>({ max: 10_000 });

function judgeAgent(shape: string): Verdict {
  const known = agentVerdicts.get(shape);
  if (known !== undefined) return known;
  const asked = withoutDevice(shape);
  for (const step of agentSteps) {
    const verdict = step(asked);
    if (verdict !== undefined) {
      agentVerdicts.set(shape, verdict);
      return verdict;
    }
  }
  return browser;
}

function inAppBrowser(shape: string): Verdict | undefined {
  const app = findApp(shape);
  return app === undefined ? undefined : { class: 'human', reason: `human:in-app:${codeOf(app)}` };
}

/**
 * Mail filters look like browsers. Two of three things give one away: the network of such a service, a burst, headers
 * too bare for a browser. A network alone leaves a doubt, which is not held against the visitor.
 */
function scanned({ signals, network, isBurst }: Evidence): Verdict | undefined {
  const signs = Number(network !== null) + Number(isBurst) + Number(isBare(signals));
  if (signs >= 2) return { class: 'scanner', reason: `scanner:${network ?? 'burst'}` };
  return network === null ? undefined : inDoubt;
}
