import { describe, expect, it } from 'vitest';
import { reasonLabel } from '../../../src/visitors/machines/bots.ts';
import { shapeOf } from '../../../src/visitors/visits/agent-shape.ts';
import { classify, rules } from '../../../src/visitors/machines/classify.ts';
import { readSignals } from '../../../src/visitors/machines/evidence.ts';
import { hitClasses, hitClassLabels, hitClassSentences } from '../../../src/visitors/machines/hit-class.ts';
import { findNetwork } from '../../../src/visitors/machines/networks.ts';
import { type CorpusRequest, readCorpus, readSources } from './corpus/requests.ts';
import { ownTimeOf } from '../../setup/own-time.ts';

const chrome =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36';

function classOf(userAgent: string, headers = {}, method = 'GET') {
  return classify({ method, headers: { 'user-agent': userAgent, ...headers } });
}

function judge(request: CorpusRequest) {
  return rules.judge({
    agent: shapeOf(request.headers['user-agent'] ?? ''),
    signals: readSignals(request),
    network: findNetwork(request.address),
    isBurst: request.isBurst,
  });
}

describe('the corpus of real requests', () => {
  const corpus = readCorpus().map((request) => ({ ...request, verdict: judge(request) }));
  const people = corpus.filter(({ reason }) => reason.startsWith('human:'));
  const machines = corpus.filter(({ reason }) => !reason.startsWith('human:'));

  it('is large enough to mean something, in every class', () => {
    expect(people.length).toBeGreaterThan(200);
    expect(people.filter(({ reason }) => reason.startsWith('human:in-app:')).length).toBeGreaterThan(60);
    expect(machines.length).toBeGreaterThan(250);
    const least = { preview: 40, crawler: 100, scanner: 30, tool: 50, prefetch: 6 };
    const thin = Object.entries(least).filter(
      ([name, count]) => machines.filter(({ reason }) => reason.startsWith(`${name}:`)).length < count,
    );
    expect(thin).toEqual([]);
    expect(new Set(corpus.map(({ line }) => line)).size).toBe(corpus.length);
  });

  it('names for every line a public address where it can be seen', () => {
    const sources = readSources();
    const unsourced = corpus.filter((request) => !request.sources.every((source) => sources.has(source)));
    expect(unsourced.map(({ line }) => line)).toEqual([]);
    const used = new Set(corpus.flatMap((request) => request.sources));
    expect([...sources.keys()].filter((source) => !used.has(source))).toEqual([]);
  });

  it('has no person who is taken for a machine', () => {
    expect(people.filter(({ verdict }) => verdict.class !== 'human').map(({ line }) => line)).toEqual([]);
  });

  it('is classed right for at least 99 of 100 requests', () => {
    const wrong = corpus.filter(({ reason, verdict }) => verdict.class !== reason.split(':')[0]);
    expect(1 - wrong.length / corpus.length, wrong.map(({ line }) => line).join('\n')).toBeGreaterThanOrEqual(0.99);
  });

  it('is given the reason each line expects', () => {
    const wrong = corpus.filter(({ reason, verdict }) => verdict.reason !== reason);
    expect(wrong.map(({ verdict, line }) => `${verdict.reason} <- ${line}`)).toEqual([]);
  });

  it('has a label for every reason', () => {
    const codes = corpus.filter(({ reason }) => reasonLabel(reason).includes(':'));
    expect(codes).toEqual([]);
  });
});

describe('the order of the steps', () => {
  it('lets a bot that sends HEAD stay a bot, and makes any other HEAD a tool', () => {
    expect(classOf('Twitterbot/1.0', {}, 'HEAD').reason).toBe('preview:x');
    expect(classOf(chrome, {}, 'HEAD')).toEqual({ class: 'tool', reason: 'tool:head-request' });
  });

  it('keeps a prefetch out of the clicks even when a person will look later', () => {
    expect(classOf(chrome, { 'sec-purpose': 'prefetch;prerender' }).class).toBe('prefetch');
    expect(classOf(chrome, { 'sec-purpose': 'navigate' }).class).toBe('human');
  });

  it('asks about previews before the tools they are built with', () => {
    expect(classOf('http.rb/5.1.1 (Mastodon/4.2.1; +https://mastodon.social/)').reason).toBe('preview:mastodon');
    expect(classOf('http.rb/5.1.1').reason).toBe('tool:http-rb');
  });

  it('does not find a bot inside another word', () => {
    expect(classOf(`${chrome} Twitterbotany/1.0`).reason).not.toBe('preview:x');
    expect(classOf(chrome.replace('Win64', 'CUBOT NOTE')).class).toBe('human');
  });
});

describe('hostile user agents', () => {
  it('takes an empty or blank user agent for a tool', () => {
    expect(classify({ method: 'GET', headers: {} }).reason).toBe('tool:no-user-agent');
    expect(classOf('   ').reason).toBe('tool:no-user-agent');
  });

  it('reads no more than the first 500 characters', () => {
    expect(classOf(`${chrome}${' '.repeat(500)}Googlebot/2.1`).class).toBe('human');
  });

  it('answers 16,000 characters made to be slow in a few milliseconds', () => {
    const parts = [
      'droid ',
      'a/',
      '1.',
      '; ',
      'version/1 ',
      '((((',
      'Mozilla/5.0 (',
      'naver(1.',
      'facebookexternalhit/1.1 ',
    ];
    const classifyAll = () => parts.map((part) => classOf(part.repeat(16_000 / part.length)));
    expect(ownTimeOf(classifyAll)).toBeLessThan(200);
  });
});

describe('what people read', () => {
  it('names reasons in words', () => {
    const codes = ['preview:slack', 'crawler:googlebot', 'tool:curl', 'tool:no-user-agent', 'prefetch:sec-purpose'];
    expect(codes.map(reasonLabel)).toEqual([
      'Slack preview',
      'Googlebot',
      'curl',
      'No user agent',
      'Prefetched by the browser',
    ]);
    expect(reasonLabel('tool:head-request')).toBe('HEAD request');
    expect(reasonLabel('human:in-app:google-app')).toBe('Google app');
    expect(reasonLabel('human:in-app:instagram')).toBe('Instagram app');
  });

  it('still reads a reason that older rules stored', () => {
    expect(reasonLabel('crawler:long-gone-bot')).toBe('long gone bot');
  });

  it('has a label and a sentence for every class', () => {
    expect(Object.keys(hitClassLabels)).toEqual([...hitClasses]);
    expect(Object.values(hitClassSentences).filter((sentence) => !sentence.endsWith('.'))).toEqual([]);
  });
});
