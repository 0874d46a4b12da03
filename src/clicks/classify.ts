import type { IncomingHttpHeaders } from 'node:http';
import { isbot } from 'isbot';
import { LRUCache } from 'lru-cache';
import { codeOf, findBot, type Verdict } from './bots.ts';
import { findApp } from './in-app.ts';
import { cutText } from './text.ts';

/** Stored with each hit. Raise it when a change here or in `bots.ts` moves hits from one class to another. */
export const RULES_VERSION = 1;

/** What is left of a longer user agent; the longest of real browsers are near 400. */
export const USER_AGENT_MAX = 500;

type Request = { readonly method: string; readonly headers: IncomingHttpHeaders };

const headRequest: Verdict = { class: 'tool', reason: 'tool:head-request' };
const noUserAgent: Verdict = { class: 'tool', reason: 'tool:no-user-agent' };
const unnamedBot: Verdict = { class: 'crawler', reason: 'crawler:isbot' };
const browser: Verdict = { class: 'human', reason: 'human:browser' };

/** Headers by which a browser says that nobody looks yet (Fetch standard, and what came before it). */
const prefetchHeaders = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'].map((name) => ({
  name,
  verdict: { class: 'prefetch', reason: `prefetch:${name}` } satisfies Verdict,
}));

/** The steps that look at the user agent alone, in order. The first verdict wins. */
const agentSteps: readonly ((userAgent: string) => Verdict | undefined)[] = [
  (userAgent) => (userAgent === '' ? noUserAgent : undefined),
  findBot,
  // Before the net: isbot takes some apps, Snapchat for one, for bots.
  inAppBrowser,
  (userAgent) => (isbot(userAgent) ? unnamedBot : undefined),
  () => browser,
];

/** The steps of a request, in order. The first verdict wins. */
const steps: readonly ((request: Request, agent: Verdict) => Verdict | undefined)[] = [
  // A HEAD by a bot stays that bot's, because its name says more.
  ({ method }, agent) => (method === 'HEAD' && isPersonOrTool(agent) ? headRequest : undefined),
  ({ headers }) => prefetched(headers),
  (_request, agent) => agent,
];

const agentVerdicts = new LRUCache<string, Verdict>({ max: 10_000 });

/**
 * Says what made a request for a slug, and why. `owner` is never the answer: who owns a link is not in these headers.
 * The reason is a stable code ("preview:slack") for `reasonLabel`. Never throws, and keeps at most 10,000 user agents.
 */
export function classify(request: Request): Verdict {
  const agent = classifyAgent(request.headers['user-agent'] ?? '');
  for (const step of steps) {
    const verdict = step(request, agent);
    if (verdict !== undefined) return verdict;
  }
  return agent;
}

function classifyAgent(header: string): Verdict {
  const userAgent = cutText(header, USER_AGENT_MAX).trim();
  const known = agentVerdicts.get(userAgent);
  if (known !== undefined) return known;
  for (const step of agentSteps) {
    const verdict = step(userAgent);
    if (verdict !== undefined) {
      agentVerdicts.set(userAgent, verdict);
      return verdict;
    }
  }
  return browser;
}

function inAppBrowser(userAgent: string): Verdict | undefined {
  const app = findApp(userAgent);
  return app === undefined ? undefined : { class: 'human', reason: `human:in-app:${codeOf(app)}` };
}

function isPersonOrTool(agent: Verdict): boolean {
  return agent.class === 'human' || agent.class === 'tool';
}

function prefetched(headers: IncomingHttpHeaders): Verdict | undefined {
  for (const { name, verdict } of prefetchHeaders) {
    const value = headers[name];
    if (value !== undefined && /\b(?:prefetch|preview|prerender)\b/i.test(String(value))) return verdict;
  }
  return undefined;
}
