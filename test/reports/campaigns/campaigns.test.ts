import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countGroupDays } from '../../../src/visitors/rollups/days.ts';
import { getCampaign, listCampaigns, maxCampaigns } from '../../../src/links/links/campaigns.ts';
import { getLink, type Link, removeLink } from '../../../src/links/links/queries.ts';
import { type Client, createLink, openClient } from '../../people/keys/client.ts';
import { byTest } from '../../setup/actor.ts';
import type { Person, TestApp } from '../../setup/app.ts';
import { everyHitOf, insertBareWorkspace, makeHit } from '../../setup/hits.ts';
import { joinWorkspace, startWorkspace } from '../../setup/membership.ts';
import { insertHits, makeCampaign, makeLink } from '../../setup/make.ts';

let app: TestApp;
let ada: Person;
let workspaceId: string;
let client: Client;
const noPlan = { startsOn: null, endsOn: null, goal: null };

beforeAll(async () => {
  ({ app, ada, workspaceId } = await startWorkspace());
  client = await openClient(app, ada);
});
afterAll(() => app.close());

const home = (person = ada) => `/w/${person.workspace.slug}`;
const create = (campaignId: string | null, workspace = workspaceId): Promise<Link> =>
  makeLink(app, workspace, { campaignId });
const campaignNamed = async (name: string) =>
  (await listCampaigns(app.db, workspaceId)).find((campaign) => campaign.name === name);

describe('a campaign', () => {
  it('is taught before there is one', async () => {
    const page = await ada.ask(`${home()}/campaigns`);
    expect(page.text).toContain('Which campaign performs best?');
    expect(page.text).toContain(`href="${home()}/campaigns/new"`);
  });

  it('is made, changed and deleted without its links', async () => {
    const made = await ada.ask(`${home()}/campaigns`, {
      form: { name: ' Été,  2026 ✨ ', startsOn: '2026-06-01', endsOn: '2026-08-31', goal: '12,000' },
    });
    const campaign = await campaignNamed('Été, 2026 ✨');
    expect(made.headers.location).toBe(`${home()}/reports/campaigns/${campaign?.id}`);
    expect(campaign).toMatchObject({ startsOn: '2026-06-01', endsOn: '2026-08-31', goal: 12_000, links: 0 });
    const link = await create(campaign?.id ?? '');
    expect(link.campaign?.name).toBe('Été, 2026 ✨');
    const edit = `${home()}/campaigns/${campaign?.id}/edit`;
    expect((await ada.ask(edit)).text).toContain('1 link leaves it; no link and no click is deleted.');
    expect((await ada.ask(edit, { form: { name: 'Summer', startsOn: '', endsOn: '', goal: '' } })).status).toBe(303);
    expect(await campaignNamed('Summer')).toMatchObject({ id: campaign?.id, ...noPlan, links: 1 });
    expect((await ada.ask(edit.replace('/edit', '/delete'), { method: 'POST' })).status).toBe(303);
    expect(await campaignNamed('Summer')).toBeUndefined();
    expect((await getLink(app.db, workspaceId, link.id)).campaign).toBeNull();
  });

  it.each([
    ['no name', { name: ' ' }, 422, 'A campaign needs a name.'],
    ['a long name', { name: 'x'.repeat(81) }, 422, 'at most 80 characters'],
    ['the name of another', { name: 'TAKEN' }, 409, 'There is a campaign “TAKEN” already.'],
    ['a day that is none', { startsOn: '2026-02-30' }, 422, 'Write a day like 2026-11-22.'],
    ['an end before its start', { startsOn: '2026-03-02', endsOn: '2026-03-01' }, 422, 'ends before it starts'],
    ['a goal of zero', { goal: '0' }, 422, 'A goal is a whole number of clicks'],
    ['a goal in words', { goal: 'many' }, 422, 'A goal is a whole number of clicks'],
  ])('is refused with %s, and the form keeps what was typed', async (_what, wrong, status, words) => {
    if (!(await campaignNamed('Taken'))) await makeCampaign(app, workspaceId, 'Taken');
    const form: Record<string, string> = { name: 'New one', startsOn: '2026-01-05', endsOn: '', goal: '77', ...wrong };
    const answer = await ada.ask(`${home()}/campaigns`, { form });
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(words);
    for (const value of Object.values(form).filter((each) => each.trim()))
      expect(answer.text).toContain(`value="${value}"`);
    expect(await campaignNamed('New one')).toBeUndefined();
  });

  it('is chosen by name in a link’s form, or refused when it is not there', async () => {
    await makeCampaign(app, workspaceId, 'Launch');
    const url = 'https://example.com/launch';
    const made = await ada.ask(`${home()}/links`, { form: { url, campaign: ' launch ' } });
    const id = made.headers.location?.split('/').at(-1) ?? '';
    expect((await getLink(app.db, workspaceId, id)).campaign?.name).toBe('Launch');
    const list = await ada.ask(`${home()}/links?campaign=LAUNCH`);
    expect(list.text.match(/class="link-cell"/g)).toHaveLength(1);
    const refused = await ada.ask(`${home()}/links/${id}/edit`, { form: { url, title: '', campaign: 'Lunch' } });
    expect([refused.status, refused.text.includes('value="Lunch"')]).toEqual([422, true]);
    await ada.ask(`${home()}/links/${id}/edit`, { form: { url, title: '', campaign: '' } });
    expect((await getLink(app.db, workspaceId, id)).campaign).toBeNull();
    const suggested = await ada.ask(`${home()}/campaigns/suggest?campaign=LAU`);
    expect(suggested.text).toContain('data-complete="Launch"');
  });

  it('is looked at by viewers, changed by members, and not there for strangers', async () => {
    const campaign = await makeCampaign(app, workspaceId, 'Guarded');
    const [viewer, stranger] = [await app.signUp('Vera'), await app.signUp('Sam')];
    await joinWorkspace(app, viewer, ada, 'viewer');
    const page = await viewer.ask(`${home()}/campaigns`);
    expect(page.text).toContain('Guarded');
    expect(page.text).not.toContain('/edit"');
    const form = { name: 'Stolen' };
    for (const path of ['', `/${campaign.id}/edit`, `/${campaign.id}/delete`]) {
      expect((await viewer.ask(`${home()}/campaigns${path}`, { form })).status).toBe(403);
      expect((await stranger.ask(`${home()}/campaigns${path}`, { form })).status).toBe(404);
      if (path) expect((await stranger.ask(`${home(stranger)}/campaigns${path}`, { form })).status).toBe(404);
    }
    expect((await stranger.ask(`${home()}/campaigns`)).status).toBe(404);
    expect((await getCampaign(app.db, workspaceId, campaign.id)).name).toBe('Guarded');
    const theirs = await create(campaign.id, stranger.workspace.id);
    expect(theirs.campaign).toBeNull();
  });

  it('is one of a thousand at most', async () => {
    const busy = await insertBareWorkspace(app.db);
    await app.db.execute(sql`
insert into campaigns (id, workspace_id, name, name_key)
select 'many' || n, ${busy}, 'C' || n, 'c' || n from generate_series(1, ${maxCampaigns}::int) n`);
    await expect(makeCampaign(app, busy, 'More')).rejects.toMatchObject({
      code: 'campaigns_limit',
    });
  });
});

describe('the API', () => {
  it('makes, lists, changes and deletes campaigns, and names them at links', async () => {
    const made = await client.ask('/campaigns', { body: { name: 'Via API', goal: 50, startsOn: '2026-01-01' } });
    expect(made.status).toBe(201);
    const campaign = made.json() as { id: string };
    expect(made.headers.location).toBe(`/api/v1/campaigns/${campaign.id}`);
    const link = await createLink(client, { campaign: 'via api' });
    expect(link.campaign).toBe('Via API');
    const patched = await client.ask(`/campaigns/${campaign.id}`, { method: 'PATCH', body: { goal: null } });
    expect(patched.json()).toMatchObject({ name: 'Via API', startsOn: '2026-01-01', goal: null, links: 1 });
    const found = (await client.ask('/links?campaign=Via+API')).json() as { data: { id: string }[] };
    expect(found.data.map(({ id }) => id)).toEqual([link.id]);
    const out = await client.ask(`/links/${link.id}`, { method: 'PATCH', body: { campaign: null } });
    expect(out.json()).toMatchObject({ campaign: null });
    const { data } = (await client.ask('/campaigns')).json() as { data: { id: string }[] };
    expect(data.map(({ id }) => id)).toContain(campaign.id);
    expect((await client.ask(`/campaigns/${campaign.id}`)).status).toBe(200);
    expect((await client.ask(`/campaigns/${campaign.id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await client.ask(`/campaigns/${campaign.id}`)).status).toBe(404);
  });

  it('refuses with the field', async () => {
    await client.ask('/campaigns', { body: { name: 'Once' } });
    const refusals = [
      [{ name: 'once' }, 409, 'name'],
      [{ name: 'x', startsOn: '1 March' }, 422, 'startsOn'],
      [{ name: 'x', goal: 0 }, 422, 'goal'],
      [{ name: 'x', goal: 1.5 }, 422, 'goal'],
    ] as const;
    for (const [body, status, field] of refusals)
      expect((await client.ask('/campaigns', { body })).json(), JSON.stringify(body)).toMatchObject({ status, field });
    const link = await client.ask('/links', { body: { url: 'https://example.com/', campaign: 'nobody' } });
    expect(link.json()).toMatchObject({ status: 422, code: 'campaign_unknown', field: 'campaign' });
    const stranger = await openClient(app, await app.signUp('Sam'));
    const { id = '' } = (await campaignNamed('Once')) ?? {};
    expect((await stranger.ask(`/campaigns/${id}`)).status).toBe(404);
    expect((await stranger.ask(`/campaigns/${id}`, { method: 'PATCH', body: { name: 'x' } })).status).toBe(404);
    expect((await stranger.ask(`/campaigns/${id}`, { method: 'DELETE' })).status).toBe(404);
  });
});

describe('what campaigns brought', () => {
  const zone = 'Pacific/Kiritimati';

  it('equals the rows, while hits are pending, rolled up, and on links that are busy', async () => {
    const workspace = await insertBareWorkspace(app.db, zone);
    const [one, other] = [await makeCampaign(app, workspace, 'One'), await makeCampaign(app, workspace, 'Other')];
    const links = [
      await create(one.id, workspace),
      await create(one.id, workspace),
      await create(other.id, workspace),
      await create(null, workspace),
    ];
    const start = Date.parse('2026-10-01T00:00:00Z');
    const hits = (count: number, shift: number) =>
      Array.from({ length: count }, (_, index) => {
        const link = links[index % links.length] ?? links[0];
        const clickedAt = start + shift + ((index * 7_919_000) % (20 * 86_400_000));
        return makeHit({
          workspaceId: workspace,
          linkId: link?.id ?? '',
          clickedAt,
          // Keys are of one day: its salt is gone on the next.
          visitorKey: (index % 90) + 1_000 * Math.floor((clickedAt - start) / 3_600_000),
          channel: index % 3 === 0 ? 'qr' : 'direct',
          ...(index % 7 === 0 ? { class: 'preview' as const, visitorKey: null } : {}),
        });
      });
    const days = { first: '2026-10-04', last: '2026-10-12', timeZone: zone };
    const both = [one.id, other.id];
    const expectRows = async () => {
      const { rows } = await app.db.execute(sql`
select l.campaign_id as "groupId", (c.clicked_at at time zone ${zone})::date::text as day, count(*)::float8 as clicks,
       count(*) filter (where c.is_first_on_link)::float8 as visitors,
       count(*) filter (where c.channel = 'qr')::float8 as scans
from ${everyHitOf(workspace)} c join links l on l.id = c.link_id
where l.campaign_id is not null and c.class = 'human'
  and (c.clicked_at at time zone ${zone})::date between ${days.first} and ${days.last}
group by 1, 2
order by 1, 2`);
      expect(rows).toHaveLength(18);
      expect(await countGroupDays(app.db, workspace, 'campaign', days, both)).toEqual(rows);
    };
    await insertHits(app, hits(2_000, 0));
    await expectRows();
    await app.rollUp();
    await expectRows();
    // Links of 3,000 hits and more have breakdowns of their own.
    for (let batch = 1; batch <= 6; batch += 1) await insertHits(app, hits(2_000, batch * 60_000));
    await app.rollUp();
    const { rows: busy } = await app.db.execute(sql`
select 1 from link_totals where workspace_id = ${workspace} and is_busy`);
    expect(busy.length).toBeGreaterThan(0);
    await expectRows();
    await insertHits(app, hits(400, 500_000));
    await expectRows();
    await removeLink(app.db, workspace, byTest, links[0]?.id ?? '');
    await expectRows();
    expect(await countGroupDays(app.db, workspaceId, 'campaign', days, both)).toEqual([]);
  });

  it('stands side by side, the best first, with the change and the goal', async () => {
    const grace = await app.signUp('Grace');
    const workspace = grace.workspace.id;
    const today = new Date().toISOString().slice(0, 10);
    const day = (ago: number) => Date.parse(`${today}T00:00:00Z`) - ago * 86_400_000 + 60_000;
    const isoDay = (ago: number) => new Date(day(ago)).toISOString().slice(0, 10);
    await makeCampaign(app, workspace, 'Silent');
    const quiet = await makeCampaign(app, workspace, 'Quiet');
    const loud = await makeCampaign(app, workspace, 'Loud <b>', {
      startsOn: isoDay(10),
      endsOn: isoDay(-30),
      goal: 1_000,
    });
    const [quietLink, loudLink] = [await create(quiet.id, workspace), await create(loud.id, workspace)];
    const clicks = (link: Link, count: number, ago: number) =>
      Array.from({ length: count }, (_, index) =>
        makeHit({
          workspaceId: workspace,
          linkId: link.id,
          clickedAt: day(ago),
          visitorKey: 100 * ago + Math.floor(index / 2) + (link === loudLink ? 50 : 0),
          channel: index === 0 ? 'qr' : 'direct',
        }),
      );
    await insertHits(app, [...clicks(quietLink, 2, 3), ...clicks(loudLink, 6, 2), ...clicks(loudLink, 4, 9)]);
    const page = await grace.ask(`${home(grace)}/campaigns?period=7d`);
    const text = page.text
      .replace(/<title>.*?<\/title>/g, '')
      .replace(/<[^>]+>/g, ' ')
      .replace(/\s+/g, ' ');
    expect(text).toContain('Loud &lt;b&gt; performs best: 6 clicks, last 7 days.');
    expect(text).toMatch(
      /Loud &lt;b&gt; 1 link, .+ 1 % of the goal: 10 of 1,000 clicks\. \d+ expected by now, at this rate \d+ by the end\. 6 up 50 % 3 1 .*Quiet 1 link 2 none in the 7 days before 1 1/,
    );
    expect(text).toContain('Behind');
    expect(page.text.match(/campaign-change" data-label="" data-wide-only/g)).toHaveLength(1);
    expect(page.text).toMatch(/\/reports\/campaigns\/\w{12}"/);
    expect((await grace.ask(`${home(grace)}/campaigns?from=2026-02-30`)).status).toBe(422);
    expect((await grace.ask(`${home(grace)}/campaigns?period=all`)).status).toBe(200);
    expect((await grace.ask(`${home(grace)}/campaigns?from=1970-01-01`)).status).toBe(200);
  });
});
