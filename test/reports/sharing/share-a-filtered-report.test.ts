import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Filter, filterText } from '../../../src/reports/counts/filter.ts';
import { seededRandom } from '../../../src/demo/random.ts';
import { removeLink } from '../../../src/links/links/queries.ts';
import { ensureTags } from '../../../src/links/links/tags.ts';
import { insertMailing } from '../../../src/reports/mailings/queries.ts';
import { sendDueMailings } from '../../../src/reports/mailings/send.ts';
import { type Mailbox, openMailbox } from '../../people/accounts/mailbox.ts';
import { textOf } from '../pages/pages.ts';
import { byTest } from '../../setup/actor.ts';
import { type Answer, type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { makeHit } from '../../setup/hits.ts';
import { insertHits, makeCampaign, makeLink } from '../../setup/make.ts';

/** What is shared and mailed of a filtered report is that, whoever asks it for more. */

const day = 24 * 60 * 60_000;
const partNames = ['links', 'places', 'sources', 'campaigns', 'devices', 'languages', 'hits'];
const values = {
  country: ['DE', 'US', 'GB', null],
  device: ['desktop', 'mobile', null],
  browser: ['Chrome', 'Safari', 'Say "hi", {x}'],
  referrer: ['google.com', 't.co', null],
  language: ['de', 'en', null],
  utmSource: ['news', 'ads', null],
} as const;

let mailbox: Mailbox;
let app: TestApp;
let ada: Person;
let workspaceId: string;
let home: string;
let links: { id: string; slug: string }[];
let subjects: Record<string, { field: Record<string, string>; path: string }>;

beforeAll(async () => {
  mailbox = await openMailbox();
  app = await startTestApp({ SMTP_URL: mailbox.url });
  ada = await app.signUp('Ada');
  workspaceId = ada.workspace.id;
  home = `/w/${ada.workspace.slug}`;
  const { id: campaign } = await makeCampaign(app, workspaceId, 'Launch');
  links = [];
  for (const slug of ['spring', 'summer', 'autumn', 'winter'])
    links.push(
      await makeLink(app, workspaceId, {
        url: 'https://example.com/',
        slug,
        tags: slug === 'winter' ? [] : ['Client'],
        campaignId: slug === 'spring' || slug === 'winter' ? campaign : null,
      }),
    );
  const [tag = ''] = await ensureTags(app.db, workspaceId, byTest, ['Client']);
  const link = links[0]?.id ?? '';
  subjects = {
    workspace: { field: {}, path: `${home}/reports` },
    link: { field: { link }, path: `${home}/links/${link}` },
    campaign: { field: { campaign }, path: `${home}/reports/campaigns/${campaign}` },
    tag: { field: { tag }, path: `${home}/reports/tags/${tag}` },
  };
  const random = seededRandom(7);
  const pick = <T>(of: readonly T[]) => of[Math.floor(random() * of.length)] as T;
  const hits = Array.from({ length: 400 }, (_, nth) =>
    makeHit({
      workspaceId,
      linkId: pick(links).id,
      domainId: app.instanceDomainId,
      clickedAt: Date.now() - Math.floor(random() * 29 * day),
      class: pick(['human', 'human', 'human', 'preview', 'crawler'] as const),
      country: pick(values.country),
      region: null,
      city: null,
      device: pick(values.device),
      browser: pick(values.browser),
      referrer: pick(values.referrer),
      language: pick(values.language),
      utmSource: pick(values.utmSource),
      visitorKey: 1 + (nth % 90),
    }),
  );
  await insertHits(app, hits);
  await app.rollUp();
});

afterAll(async () => {
  await app.close();
  await mailbox.close();
});

/** Sends a form with fields that may be there several times. */
function send(path: string, fields: Record<string, string | readonly string[]>): Promise<Answer> {
  const pairs = Object.entries(fields).flatMap(([name, of]) =>
    [of].flat().map((value) => [name, value] as [string, string]),
  );
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return ada.ask(path, { body: new URLSearchParams(pairs).toString(), headers });
}

/** Shares a report. @returns the path of its page */
async function share(field: Record<string, string>, filters: readonly string[], title = 'Shared'): Promise<string> {
  const answer = await send(`${home}/shares`, { title, parts: partNames, f: filters, ...field });
  const path = /id="new-share">[^<]*(\/r\/[\w-]{32})</.exec(answer.text)?.[1];
  if (answer.status !== 201 || !path) throw new Error(`${answer.status}: ${answer.text}`);
  return path;
}

/** All numbers that a page says, with their words (but the hours of the week, which are not shared): of the head, of each step, of each list, and of what is not counted. */
function numbersOf(page: Answer): string[] {
  const shapes = [
    /<p class="report-number">.*?<\/p>/gs,
    /<ul class="bars">.*?<\/ul>/gs,
    /<details class="chart-table">.*?<\/details>/gs,
    /<p class="not-counted-hits">.*?<\/p>/gs,
  ];
  return shapes
    .flatMap((shape) => [...page.text.matchAll(shape)].map(([text]) => textOf({ ...page, text }).trim()))
    .filter((text) => !text.includes('Monday'))
    .toSorted();
}

const queryOf = (filters: readonly string[], more: Record<string, string> = {}) =>
  `?${new URLSearchParams([...Object.entries(more), ...filters.map((filter) => ['f', filter] as [string, string])])}`;

/** Draws one to three filters of what there is. */
function drawFilters(seed: number): string[] {
  const random = seededRandom(seed);
  const pick = <T>(of: readonly T[]) => of[Math.floor(random() * of.length)] as T;
  const draw = (): Filter => {
    const name = pick(['country', 'device', 'browser', 'referrer', 'language', 'utmSource', 'link'] as const);
    if (name === 'link') return { dimension: 'link', operator: pick(['is', 'not']), value: pick(links).id };
    const dimension = name === 'utmSource' ? 'utm_source' : name;
    const contains: Record<string, string> = { browser: 'a', referrer: 'o', utmSource: 'ew' };
    if (contains[name] && random() < 0.3) return { dimension, operator: 'contains', value: contains[name] };
    return { dimension, operator: pick(['is', 'not']), value: pick<string | null>(values[name]) ?? '' };
  };
  return Array.from({ length: 1 + Math.floor(random() * 3) }, () => filterText(draw()));
}

describe('a filtered report that is shared', () => {
  const cases = ['workspace', 'link', 'campaign', 'tag'].flatMap((subject, nth) =>
    [0, 1, 2, 3, 4].map((seed) => ({ subject, seed: 10 * nth + seed })),
  );

  it.each(cases)('shows the numbers that its owner saw: $subject, filters $seed', async ({ subject, seed }) => {
    const { field = {}, path = '' } = subjects[subject] ?? {};
    const filters = drawFilters(seed);
    const shared = await share(field, filters);
    for (const period of ['30d', '7d']) {
      const owners = await ada.ask(path + queryOf(filters, { period }));
      const readers = await app.ask(`${shared}?period=${period}`);
      expect([owners.status, readers.status]).toEqual([200, 200]);
      if (textOf(owners).includes('No clicks match these filters')) {
        expect(textOf(readers)).toContain('No clicks');
        continue;
      }
      expect(numbersOf(readers), filters.join(' ')).toEqual(numbersOf(owners));
      expect(numbersOf(readers).length).toBeGreaterThan(2);
    }
  });

  it('cannot be widened by its reader, and leads to nothing else', async () => {
    const shared = await share({}, ['country:is:DE']);
    const honest = numbersOf(await app.ask(`${shared}?period=30d`));
    const others = [
      'f=',
      'f=country:is:US',
      'f=country:not:DE',
      'filter=',
      'filters=[]',
      `link=${links[1]?.id}`,
      'by=country',
      'from=2020-01-01',
    ];
    for (const asked of others)
      expect(numbersOf(await app.ask(`${shared}?period=30d&${asked}`)), asked).toEqual(honest);
    const page = await app.ask(`${shared}?period=30d`);
    expect(numbersOf(page).join(' ')).not.toMatch(/United States|United Kingdom/);
    expect(page.text).not.toMatch(/href="\/w\/|hx-get/);
    for (const below of ['values?by=country', 'export?table=country', 'live', 'realtime', 'hits'])
      expect((await app.ask(`${shared}/${below}`)).status, below).toBe(404);
  });

  it('says what it is narrowed to: to whoever shares it, in the list, and to its readers', async () => {
    const filters = ['country:is:DE', 'browser:not:Safari'];
    const report = await ada.ask(`${home}/reports${queryOf(filters)}`);
    const [, asked = ''] = new RegExp(`href="(${home}/shares\\?[^"]+)"`).exec(report.text) ?? [];
    const form = await ada.ask(asked.replaceAll('&amp;', '&'));
    expect(textOf(form)).toContain('Country is Germany Browser is not Safari');
    expect(form.text.match(/<input type="hidden" name="f" value="[^"]+">/g)).toHaveLength(2);
    const readers = await app.ask(await share({}, filters, 'Narrowed'));
    expect(textOf(readers)).toContain('Browser is not Safari Country is Germany');
    expect(textOf(await ada.ask(`${home}/shares`))).toContain('Only Browser is not Safari, Country is Germany');
  });

  it('goes on counting what it was narrowed to when that link is deleted, and says so', async () => {
    const doomed = await makeLink(app, workspaceId, { url: 'https://example.com/', slug: 'doomed' });
    await app.visit('/doomed');
    const shared = await share({}, [`link:is:${doomed.id}`]);
    await removeLink(app.db, workspaceId, byTest, doomed.id);
    const page = await app.ask(`${shared}?period=7d`);
    expect(textOf(page)).toMatch(/Link is go\.localhost:\d+\/\w+ /);
    expect(textOf(page)).toContain('1 click by 1 visitor');
  });

  it('is not made, never wider, of filters that there cannot be', async () => {
    const bad = [
      'weather:is:sunny',
      'country:near:DE',
      'country:contains:D',
      'browser:contains:',
      'class:is:human',
      'country',
    ];
    for (const filter of bad) {
      const answer = await send(`${home}/shares`, { title: 'Never', f: ['country:is:DE', filter] });
      expect(answer.status, filter).toBe(422);
      expect(answer.text).not.toContain('new-share');
      expect((await ada.ask(`${home}/shares${queryOf([filter])}`)).status, filter).toBe(422);
    }
    const long = Array.from({ length: 9 }, (_, nth) => `referrer:not:${nth}${'x'.repeat(480)}`);
    const refused = await send(`${home}/shares`, { title: 'Never', f: long });
    expect([refused.status, textOf(refused).includes('These filters are too long to be kept.')]).toEqual([422, true]);
    const { rows } = await app.db.execute(sql`select from shares where title = 'Never'`);
    expect(rows).toEqual([]);
  });

  it('keeps its filters while the form is refused for something else', async () => {
    const refused = await send(`${home}/shares`, { title: '', f: ['country:is:DE'] });
    expect(refused.status).toBe(422);
    expect(refused.text).toContain('<input type="hidden" name="f" value="country:is:DE">');
  });

  it('ends when its filters mean nothing any more', async () => {
    const shared = await share({}, ['country:is:DE'], 'Of another time');
    await app.db.execute(sql`update shares set filters = '["weather:is:sunny"]' where title = 'Of another time'`);
    expect((await app.ask(shared)).status).toBe(404);
    expect(textOf(await ada.ask(`${home}/shares`))).toContain('Only weather:is:sunny');
  });
});

describe('a filtered report that is mailed', () => {
  const plan = (fields: Record<string, string | readonly string[]>) =>
    send(`${home}/mailings`, { recipient: ada.email, every: 'week', ...fields });

  it('is told from others by its filters, in whatever order they come', async () => {
    expect((await plan({})).status).toBe(303);
    const made = await plan({ f: ['country:is:DE', 'device:is:mobile'] });
    expect(made.headers.location).toBe(`${home}/mailings?f=country:is:DE&f=device:is:mobile`);
    expect((await plan({ f: ['country:is:US'] })).status).toBe(303);
    expect((await plan({ f: ['device:is:mobile', 'country:is:DE'] })).status).toBe(409);
    expect((await plan({ f: ['weather:is:sunny'] })).status).toBe(422);
    const list = textOf(await ada.ask(`${home}/mailings`));
    expect(list).toContain('Only Country is Germany, Device is Mobile');
    expect(list).toContain('Only Country is United States');
    await app.db.execute(sql`delete from mailings`);
  });

  it('says the numbers of the filtered report, and leads members to it', async () => {
    const filters = ['country:is:DE', 'browser:not:Safari'];
    const { id } = await insertMailing(app.db, workspaceId, byTest, {
      subject: { kind: 'workspace', id: workspaceId },
      filters: filters.map((text) => {
        const [dimension = '', operator = '', value = ''] = text.split(':');
        return { dimension, operator, value } as Filter;
      }),
      every: 'week',
      recipient: ada.email,
    });
    await app.db.execute(sql`update mailings set created_at = now() - interval '40 days' where id = ${id}`);
    const { db, config } = app;
    expect(await sendDueMailings({ db, mailer: app.mailer, config }, new Date())).toBe(1);
    const [subject = ''] = mailbox.subjectsFor(ada.email);
    expect(subject).toMatch(/^Ada's team, Browser is not Safari, Country is Germany: \d+ clicks?, /);
    const { text } = await mailbox.take(subject);
    const [, link = ''] = /The whole report:\n\S+?(\/w\/\S+)/.exec(text) ?? [];
    const owners = await ada.ask(link);
    expect(owners.status).toBe(200);
    const [, clicks = 'nothing'] = /: (\d+ clicks?), /.exec(subject) ?? [];
    expect(textOf(owners)).toContain(`${clicks} by`);
    expect(textOf(owners)).toContain('Browser is not Safari');
    expect(text).not.toContain('United States');
  });
});
