import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dimensions } from '../../../src/visitors/rollups/dimensions.ts';
import { parseCsv } from '../../../src/ground/text/csv.ts';
import { sendDueMailings } from '../../../src/reports/mailings/send.ts';
import { type Mailbox, openMailbox } from '../../people/accounts/mailbox.ts';
import { type Client, openClient } from '../../people/keys/client.ts';
import { openStream } from '../live/setup.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { makeLink } from '../../setup/make.ts';
import { textOf } from './pages.ts';

let mailbox: Mailbox;
let app: TestApp;
let ada: Person;
let eve: Person;
let client: Client;
let home: string;
let elsewhere: string;

/** The campaign Launch has spring and summer (2 clicks), the tag Print has poster (1 click); stray has neither. */
beforeAll(async () => {
  mailbox = await openMailbox();
  app = await startTestApp({ SMTP_URL: mailbox.url });
  ada = await app.signUp('Ada');
  eve = await app.signUp('Eve');
  client = await openClient(app, ada);
  home = `/w/${ada.workspace.slug}`;
  elsewhere = `/w/${eve.workspace.slug}`;
  const ids: string[] = [];
  for (const slug of ['spring', 'summer', 'poster', 'stray']) {
    ids.push((await makeLink(app, ada, { slug })).id);
    await app.visit(`/${slug}`, { headers: { referer: `https://${slug}.example/` } });
  }
  const workspaceId = ada.workspace.id;
  for (const id of ['launch', 'doomed'])
    await app.db.execute(
      sql`insert into campaigns (id, workspace_id, name, name_key) values (${id}, ${workspaceId}, initcap(${id}), ${id})`,
    );
  for (const id of ['print', 'gone'])
    await app.db.execute(
      sql`insert into tags (id, workspace_id, name, name_key, colour) values (${id}, ${workspaceId}, initcap(${id}), ${id}, 'grey')`,
    );
  await app.db.execute(sql`update links set campaign_id = 'launch' where id in (${ids[0]}, ${ids[1]})`);
  await app.db.execute(sql`insert into link_tags (link_id, tag_id) values (${ids[2]}, 'print')`);
});

afterAll(async () => {
  await app.close();
  await mailbox.close();
});

/** Each subject with what it counts, and the links that are none of it. */
const subjects = [
  {
    field: 'campaign',
    id: 'launch',
    name: 'Launch',
    of: 'campaigns/launch',
    clicks: 2,
    own: 'spring',
    others: 'poster',
  },
  { field: 'tag', id: 'print', name: 'Print', of: 'tags/print', clicks: 1, own: 'poster', others: 'spring' },
] as const;

const clicksOf = (count: number) => (count === 1 ? '1 click by' : `${count} clicks by`);

describe.each(subjects)('the report of a $field', ({ field, id, name, of, clicks, own, others }) => {
  it('offers to share, mail, watch and export it', async () => {
    const page = await ada.ask(`${home}/reports/${of}`);
    for (const path of ['shares', 'mailings']) expect(page.text).toContain(`href="${home}/${path}?${field}=${id}"`);
    expect(page.text).toContain(`href="${home}/reports/${of}/realtime"`);
    expect(page.text).toContain(`data-live="${home}/reports/${of}/live"`);
    expect(page.text).toContain(`<input type="hidden" name="${field}" value="${id}">`);
    const offered = new Set([...page.text.matchAll(/<option value="(\w+)">/g)].map(([, value]) => value));
    for (const each of dimensions) {
      const isOfOne = 'shownOf' in each && each.shownOf === 'one link';
      expect(offered.has(each.name), each.name).toBe(!isOfOne);
    }
  });

  it('is shared, and is then about that alone', async () => {
    const asked = await ada.ask(`${home}/shares?${field}=${id}`);
    expect(textOf(asked)).toContain(`The report of the ${field} ${name}`);
    expect(asked.text).toContain(`value="${name}"`);
    const made = await ada.ask(`${home}/shares`, { form: { title: name, [field]: id, parts: 'links' } });
    expect(made.status).toBe(201);
    const path = /id="new-share">[^<]*(\/r\/[\w-]{32})</.exec(made.text)?.[1] ?? '';
    const page = await app.ask(path);
    expect(textOf(page)).toContain(clicksOf(clicks));
    expect(page.text).toContain(own);
    expect(page.text).not.toMatch(new RegExp(`${others}|stray|/w/`));
    const refused = await ada.ask(`${home}/shares`, { form: { title: '', [field]: id } });
    expect(refused.status).toBe(422);
    expect(refused.text).toContain(`<input type="hidden" name="${field}" value="${id}">`);
  });

  it('is mailed, with its name and a way to the report', async () => {
    const planned = await ada.ask(`${home}/mailings`, { form: { recipient: ada.email, every: 'week', [field]: id } });
    expect(planned.status).toBe(303);
    expect(planned.headers.location).toBe(`${home}/mailings?${field}=${id}`);
    expect(textOf(await ada.ask(`${home}/mailings`))).toContain(`Weekly, ${name}`);
    const again = await ada.ask(`${home}/mailings`, { form: { recipient: ada.email, every: 'week', [field]: id } });
    expect(again.status).toBe(409);
    await app.db.execute(sql`update mailings set created_at = now() - interval '30 days'`);
    // On the next Monday at noon the clicks of today are in the last whole week.
    const monday = new Date(new Date().setUTCHours(12, 0, 0, 0));
    monday.setUTCDate(monday.getUTCDate() + 7 - ((monday.getUTCDay() + 6) % 7));
    await sendDueMailings({ db: app.db, mailer: app.mailer, config: app.config }, monday);
    const subject = mailbox.subjectsFor(ada.email).find((each) => each?.startsWith(`${name}: `)) ?? '';
    expect(subject).toContain(clicks === 1 ? '1 click,' : `${clicks} clicks,`);
    expect((await mailbox.take(subject)).text).toContain(`${app.url}${home}/reports/${of}?from=`);
  });

  it('follows along: its own clicks appear, others never', async () => {
    const stream = await openStream(app, `${home}/reports/${of}/live`, { cookie: ada.cookie });
    await stream.until('event: hits');
    await app.visit('/stray', { headers: { referer: `https://stray-${id}.example/` } });
    await app.visit(`/${own}`, { headers: { referer: `https://new-${id}.example/` } });
    await stream.until(`new-${id}.example`);
    expect(stream.text()).not.toContain('stray');
    stream.close();
    const polled = (await ada.ask(`${home}/reports/${of}/live/hits`)).json() as { hits: { link: string }[] };
    expect(new Set(polled.hits.map(({ link }) => link))).not.toContain(`${app.shortHost}/stray`);
    expect(polled.hits.length).toBe(clicks + 1);
    const realtime = await ada.ask(`${home}/reports/${of}/realtime`);
    expect(textOf(realtime)).toContain(`The last 30 minutes of ${name}`);
    expect(textOf(realtime)).toContain(`${clicks + 1} clicks`);
  });

  it('is taken away: table, chart, hits, and hits through the API', async () => {
    const table = await ada.ask(`${home}/export?table=referrer&${field}=${id}`);
    expect(table.text).toContain(`${own}.example`);
    expect(table.text).not.toMatch(new RegExp(`${others}\\.example|stray`));
    expect(table.headers['content-disposition']).toContain(`filename="${name}-referrer-`);
    expect((await ada.ask(`${home}/export?file=chart&${field}=${id}`)).text).toContain(`${name} · Last 30 days`);
    const [names = [], ...hits] = parseCsv((await ada.ask(`${home}/export?file=hits&${field}=${id}`)).text);
    expect(hits).toHaveLength(clicks + 1);
    expect(hits.map((hit) => hit[names.indexOf('short_link')])).toContain(`${app.shortHost}/${own}`);
    const { data } = (await client.ask(`/hits?${field}Id=${id}`)).json() as { data: { id: string }[] };
    expect(new Set(data.map((hit) => hit.id))).toEqual(new Set(hits.map((hit) => hit[names.indexOf('id')])));
  });

  it('is nobody else’s', async () => {
    const stranger = await openClient(app, eve);
    for (const path of [
      `shares?${field}=${id}`,
      `mailings?${field}=${id}`,
      `export?table=country&${field}=${id}`,
      `export?file=hits&${field}=${id}`,
      `export/hits?${field}=${id}`,
      `reports/${of}/live`,
      `reports/${of}/live/hits`,
      `reports/${of}/realtime`,
    ])
      expect((await eve.ask(`${elsewhere}/${path}`)).status, path).toBe(404);
    const form = { title: 'Mine', recipient: eve.email, every: 'week', [field]: id };
    for (const path of ['shares', 'mailings'])
      expect((await eve.ask(`${elsewhere}/${path}`, { form })).status).toBe(404);
    expect((await stranger.ask(`/hits?${field}Id=${id}`)).status).toBe(404);
  });
});

it('shares and mailings of a campaign or a tag end with it', async () => {
  for (const [field, id] of [
    ['campaign', 'doomed'],
    ['tag', 'gone'],
  ] as const) {
    const made = await ada.ask(`${home}/shares`, { form: { title: id, [field]: id } });
    const path = /id="new-share">[^<]*(\/r\/[\w-]{32})</.exec(made.text)?.[1] ?? '';
    await ada.ask(`${home}/mailings`, { form: { recipient: ada.email, every: 'month', [field]: id } });
    expect((await app.ask(path)).status).toBe(200);
    expect((await ada.ask(`${home}/${field}s/${id}/delete`, { method: 'POST' })).status).toBe(303);
    expect((await app.ask(path)).status).toBe(404);
    expect(textOf(await ada.ask(`${home}/mailings`))).not.toMatch(/Monthly, (Doomed|Gone)/);
  }
});

it('a report is of one thing: two are refused with a sentence', async () => {
  const both = 'campaign=launch&tag=print';
  expect(textOf(await ada.ask(`${home}/shares?${both}`))).toContain(
    'Ask for one thing at a time: a link, a campaign or a tag.',
  );
  expect((await ada.ask(`${home}/export?table=country&${both}`)).status).toBe(422);
  expect((await client.ask('/hits?campaignId=launch&tagId=print')).json()).toMatchObject({
    status: 422,
    field: 'tagId',
  });
});

it('what has no row of its own, a domain or a QR code, is watched and exported, and not shared', async () => {
  const { rows } = await app.db.execute<{ id: string; domain_id: string; slug: string }>(
    sql`select q.id, q.domain_id, q.slug from slugs q join slugs s on s.link_id = q.link_id where q.kind = 'qr' and s.slug = 'spring'`,
  );
  const [code] = rows;
  await app.visit(`/${code?.slug}`);
  for (const [field, id, folder] of [
    ['domain', code?.domain_id, 'domains'],
    ['qr', code?.id, 'qr-codes'],
  ]) {
    const path = `${home}/reports/${folder}/${id}`;
    const page = await ada.ask(path);
    expect(page.text).toContain(`data-live="${path}/live"`);
    expect(page.text).toContain(`<input type="hidden" name="${field}" value="${id}">`);
    expect(page.text).not.toMatch(/href="[^"]*\/(shares|mailings)\?/);
    const [, ...hits] = parseCsv((await ada.ask(`${home}/export?file=hits&${field}=${id}`)).text);
    const { hits: live } = (await ada.ask(`${path}/live/hits`)).json() as { hits: object[] };
    expect(hits.length).toBe(live.length);
    expect(field === 'qr' ? hits.length : hits.length > 5).toBe(field === 'qr' ? 1 : true);
    expect(textOf(await ada.ask(`${path}/realtime`))).toContain('The last 30 minutes of');
    // The instance's own domain is every workspace's, with its own hits alone; a code is its workspace's.
    const theirs = await eve.ask(`${elsewhere}/export?file=hits&${field}=${id}`);
    if (field === 'qr') expect(theirs.status).toBe(404);
    else expect(parseCsv(theirs.text)).toHaveLength(1);
  }
});
