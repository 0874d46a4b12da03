import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addDays, localDay } from '../../../src/ground/time/zoned-time.ts';
import type { Campaign } from '../../../src/links/links/campaigns.ts';
import { archiveLink } from '../../../src/links/links/queries.ts';
import { campaignStatusOf } from '../../../src/reports/campaigns/status.ts';
import { byTest } from '../../setup/actor.ts';
import type { Answer, Person, TestApp } from '../../setup/app.ts';
import { makeCampaign, makeHits, makeLink } from '../../setup/make.ts';
import { joinWorkspace, startWorkspace } from '../../setup/membership.ts';
import { textOf } from '../pages/pages.ts';

let app: TestApp;
let ada: Person;
let workspaceId: string;
let home: string;

beforeAll(async () => {
  ({ app, ada, workspaceId } = await startWorkspace());
  home = `/w/${ada.workspace.slug}`;
});
afterAll(() => app.close());

const reportOf = ({ id }: Campaign) => `${home}/reports/campaigns/${id}`;
const linksOf = ({ id }: Campaign) => `${home}/campaigns/${id}/links`;
const pill = ({ text }: Answer) => /<span class="badge"[^>]*>(Planned|Running|Over)</.exec(text)?.[1];
const cookiesOf = (answer: Answer) => (answer.headers['set-cookie'] ?? []).map((each) => each.split(';')[0]).join('; ');

describe('how a campaign stands', () => {
  it.each([
    ['the day before the first', '2026-03-01', '2026-03-03', '2026-02-28', 'Planned'],
    ['the first day', '2026-03-01', '2026-03-03', '2026-03-01', 'Running'],
    ['the last day', '2026-03-01', '2026-03-03', '2026-03-03', 'Running'],
    ['the day after the last', '2026-03-01', '2026-03-03', '2026-03-04', 'Over'],
    ['any day after a first one alone', '2026-03-01', null, '2030-01-01', 'Running'],
    ['the day after a last one alone', null, '2026-03-03', '2026-03-04', 'Over'],
    ['a day when neither is set', null, null, '2026-03-04', undefined],
  ])('is said on %s', (_what, startsOn, endsOn, today, label) => {
    expect(campaignStatusOf({ startsOn, endsOn }, today)?.label).toBe(label);
  });

  it('goes by the calendar of the workspace', async () => {
    const [grace] = [await app.signUp('Grace')];
    const setZone = (zone: string) =>
      app.db.execute(sql`update workspaces set time_zone = ${zone} where id = ${grace.workspace.id}`);
    // These two zones never have the same day.
    const [first, last] = ['Pacific/Kiritimati', 'Etc/GMT+12'];
    const day = localDay(new Date(), first);
    const { id } = await makeCampaign(app, grace, 'One day', { startsOn: day, endsOn: day });
    const shown = async () => pill(await grace.ask(`/w/${grace.workspace.slug}/reports/campaigns/${id}`));
    await setZone(first);
    expect(await shown()).toBe('Running');
    await setZone(last);
    expect(await shown()).toBe('Planned');
  });
});

describe('the page of a campaign', () => {
  it('has its days, goal and pace above its report and its links', async () => {
    const today = localDay(new Date(), 'UTC');
    const plan = { startsOn: addDays(today, -5), endsOn: addDays(today, 5), goal: 40 };
    const campaign = await makeCampaign(app, workspaceId, 'Night & run', plan);
    const link = await makeLink(app, workspaceId, { campaignId: campaign.id, slug: 'night' });
    await makeLink(app, workspaceId, { slug: 'elsewhere' });
    await makeHits(app, link, [{}, {}]);
    for (const [address, label] of [
      [reportOf(campaign), 'Report'],
      [linksOf(campaign), 'Links'],
    ]) {
      const page = await ada.ask(address ?? '');
      expect(page.status).toBe(200);
      expect(page.text).toContain('<h1><bdi>Night &amp; run</bdi>');
      expect(pill(page)).toBe('Running');
      expect(textOf(page)).toMatch(/, 1 link Behind 5 % of the goal: 2 of 40 clicks\. \d+ expected by now,/);
      expect(page.text).toContain(`<a href="${address}" aria-current="page">${label}</a>`);
      expect(page.text).toContain('href="' + home + '/links/new?campaign=Night%20%26%20run"');
      expect(page.text).toContain(`href="${home}/shares?campaign=${campaign.id}"`);
      expect(page.text).toMatch(
        /class="sidebar-item"[^>]*href="[^"]*\/campaigns"[^>]*aria-current="page"|\/campaigns" aria-current="page"/,
      );
    }
    const list = await ada.ask(linksOf(campaign));
    expect(list.text).toContain(`id="link-${link.id}"`);
    expect(list.text.match(/class="link-cell"/g)).toHaveLength(1);
    expect((await ada.ask(`${reportOf(campaign)}?f=device:is:tv`)).text).toContain(
      `/shares?campaign=${campaign.id}&amp;f=device:is:tv`,
    );
  });

  it('leads from the addresses of before and of its list, with their query', async () => {
    const campaign = await makeCampaign(app, workspaceId, 'Found');
    expect((await ada.ask(`${home}/campaigns`)).text).toContain(`href="${reportOf(campaign)}"`);
    const short = await ada.ask(`${home}/campaigns/${campaign.id}?period=7d&f=device:is:tv`);
    expect([short.status, short.headers.location]).toEqual([303, `${reportOf(campaign)}?period=7d&f=device:is:tv`]);
    expect((await ada.ask(`${home}/campaigns/${campaign.id}x`)).status).toBe(404);
    expect((await ada.ask(`${linksOf(campaign)}x`)).status).toBe(404);
    const saved = await ada.ask(`${home}/campaigns/${campaign.id}/edit`, { form: { name: 'Found again' } });
    expect(saved.headers.location).toBe(reportOf(campaign));
  });

  it('teaches where there are no links yet, and offers a viewer nothing that is refused', async () => {
    const campaign = await makeCampaign(app, workspaceId, 'Empty');
    const [viewer, stranger] = [await app.signUp('Vic'), await app.signUp('Sam')];
    await joinWorkspace(app, viewer, ada, 'viewer');
    for (const address of [reportOf(campaign), linksOf(campaign)]) {
      expect(textOf(await ada.ask(address))).toMatch(/No links in this campaign yet .* Create link/);
      const { text } = await viewer.ask(address);
      expect(text).toContain('No links in this campaign yet');
      expect(text).not.toMatch(/\/edit"|\/delete"|\/links\/new|\/shares\?|\/mailings\?|id="edit-|Create link/);
      expect((await stranger.ask(address)).status).toBe(404);
      expect((await stranger.ask(address.replace(ada.workspace.slug, stranger.workspace.slug))).status).toBe(404);
    }
  });

  it('changes several of its links and comes back to them', async () => {
    const campaign = await makeCampaign(app, workspaceId, 'Bulk');
    const [link, gone] = [
      await makeLink(app, workspaceId, { campaignId: campaign.id }),
      await makeLink(app, workspaceId, { campaignId: campaign.id }),
    ];
    await archiveLink(app.db, workspaceId, byTest, gone.id);
    const tab = await ada.ask(linksOf(campaign));
    expect(tab.text).toContain(`id="link-${link.id}"`);
    expect(tab.text).not.toContain(`id="link-${gone.id}"`);
    expect((await ada.ask(`${linksOf(campaign)}?state=archived`)).text).toContain(`id="link-${gone.id}"`);
    const back = /name="back" value="([^"]*)"/.exec(tab.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const form = { links: link.id, action: 'add-tag', tag: 'bulk', back };
    const changed = await ada.ask(`${home}/links/bulk`, { form });
    expect(changed.headers.location).toBe(linksOf(campaign));
    // The way back from a link leads to the tab that it was opened from.
    const headers = { cookie: `${ada.cookie}; ${cookiesOf(tab)}` };
    expect((await ada.ask(`${home}/links/${link.id}`, { headers })).text).toContain(
      `class="back-link" href="${linksOf(campaign)}"`,
    );
    const url = `${app.url}${linksOf(campaign)}`;
    const archived = await ada.ask(`${home}/links/${link.id}/archive`, {
      method: 'POST',
      headers: { 'hx-request': 'true', 'hx-current-url': url },
    });
    expect(archived.text).toContain(`href="${linksOf(campaign)}?state=archived"`);
    expect(textOf(archived)).toContain('Archived 2');
    expect((await ada.ask(linksOf(campaign))).text).toContain('All its links are archived');
  });

  it('is edited in place: the answer has the new head', async () => {
    const campaign = await makeCampaign(app, workspaceId, 'Drawn');
    const edit = `${home}/campaigns/${campaign.id}/edit`;
    const headers = { 'hx-request': 'true', 'hx-current-url': `${app.url}${linksOf(campaign)}` };
    const form = await ada.ask(edit, { headers });
    expect(form.text).not.toContain('<html');
    expect(form.text).toContain('hx-target="#edit-campaign-body"');
    const fields = { name: 'Redrawn', startsOn: '', endsOn: '', goal: '' };
    const saved = await ada.ask(edit, { headers, form: fields });
    expect([saved.status, saved.headers['hx-trigger']]).toEqual([200, 'campaign-saved']);
    expect(saved.text).toContain('<h1><bdi>Redrawn</bdi>');
    expect(saved.text).toContain(`href="${linksOf(campaign)}" aria-current="page"`);
    const refused = await ada.ask(edit, { headers, form: { ...fields, goal: 'many' } });
    expect([refused.status, refused.text.includes('value="many"')]).toEqual([422, true]);
  });
});

it('calls the parameters of addresses UTM in a report, apart from its own campaigns', async () => {
  const link = await makeLink(app, workspaceId);
  await makeHits(app, link, [{ utmCampaign: 'a', utmSource: 'b', utmMedium: 'c', utmTerm: 'd', utmContent: 'e' }]);
  const text = textOf(await ada.ask(`${home}/reports`));
  expect(text).toContain('UTM UTM by Campaign Source Medium Term Content');
});
