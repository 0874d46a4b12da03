import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findSetupFacts } from '../../../src/links/setup/queries.ts';
import { type SetupFacts, stepsOf } from '../../../src/links/setup/steps.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { insertDomain } from '../../setup/domains.ts';
import { makeLink } from '../../setup/make.ts';
import { joinWorkspace } from '../../setup/membership.ts';
import { textOf } from '../../reports/pages/pages.ts';

const nothing: SetupFacts = {
  domain: null,
  hasOthers: false,
  hasLinks: false,
  hasVisit: false,
  isMailRefused: false,
};
const all: SetupFacts = { domain: 'live', hasOthers: true, hasLinks: true, hasVisit: true, isMailRefused: false };
const local = { appUrl: 'http://localhost:3000', shortUrl: 'http://localhost:3000', smtpUrl: null };
const open = { appUrl: 'https://links.acme.com', shortUrl: 'https://go.acme.com', smtpUrl: 'smtp://mail.acme.com' };
const owner = { role: 'owner', isAdmin: true, home: '/w/acme' } as const;

describe('the steps of the first run', () => {
  const left = (facts: SetupFacts, place: typeof open | typeof local, who = owner) =>
    stepsOf(facts, place, who)
      .filter(({ isDone }) => !isDone)
      .map(({ name }) => name);

  it('are all to do at first, and done when they are done', () => {
    expect(left(nothing, local)).toEqual(['address', 'domain', 'mail', 'invite', 'visit']);
    expect(left(all, open)).toEqual([]);
    expect(left({ ...all, domain: 'waiting' }, open)).toEqual(['domain']);
    expect(left({ ...all, isMailRefused: true }, open)).toEqual(['mail']);
    expect(left(all, { ...open, shortUrl: 'http://192.168.0.4' })).toEqual(['address']);
  });

  it('of the server are for those who look after it', () => {
    const names = stepsOf(nothing, local, { ...owner, isAdmin: false }).map(({ name }) => name);
    expect(names).toEqual(['domain', 'invite', 'visit']);
  });

  it('name the address that others cannot open', () => {
    const textOfAddress = (place: typeof local | typeof open) => stepsOf(nothing, place, owner)[0]?.text;
    expect(textOfAddress(local)).toContain('Only this computer can open localhost:3000.');
    expect(textOfAddress({ ...open, appUrl: 'http://nas.local' })).toContain(
      'Only your own network can open nas.local.',
    );
  });
});

let app: TestApp;
let ada: Person;
let home: string;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
  home = `/w/${ada.workspace.slug}`;
});
afterAll(() => app.close());

const links = async (person = ada) => textOf(await person.ask(`${home}/links`));

describe('the checklist on the page of links', () => {
  it('knows what is done, by one statement', async () => {
    expect(await links()).toMatch(/Set up Waymark 0 of 5 done/);
    const facts = () => findSetupFacts(app.db, ada.workspace.id);
    expect(await facts()).toEqual(nothing);
    const { slug } = await makeLink(app, ada);
    expect(await facts()).toEqual({ ...nothing, hasLinks: true });
    await app.visit(`/${slug}`, {
      headers: { 'user-agent': 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)' },
    });
    expect((await facts()).hasVisit).toBe(false);
    await app.visit(`/${slug}`);
    expect((await facts()).hasVisit).toBe(true);
    await app.rollUp();
    expect((await facts()).hasVisit).toBe(true);
    await insertDomain(app.db, ada.workspace.id, 'go.waits.test', { state: 'waiting', provedAt: null });
    expect((await facts()).domain).toBe('waiting');
    await insertDomain(app.db, ada.workspace.id, 'go.acme.test');
    expect((await facts()).domain).toBe('live');
    await ada.ask(`${home}/invitations`, { form: { email: 'grace@example.com', role: 'member' } });
    expect((await facts()).hasOthers).toBe(true);
    expect(await links()).toMatch(/Set up Waymark 3 of 5 done/);
    await app.db.execute(sql`
insert into mails (recipient, subject, body, attempts, error) values ('a@example.com', 'Hi', 'Hi', 1, 'No.')`);
    expect((await facts()).isMailRefused).toBe(true);
    // A mail that was only kept says nothing of the server for mail.
    await app.db.execute(sql`insert into mails (recipient, subject, body) values ('a@example.com', 'Hi', 'Hi')`);
    expect((await facts()).isMailRefused).toBe(true);
    await app.db.execute(sql`
insert into mails (recipient, subject, body, attempts, sent_at) values ('a@example.com', 'Hi', 'Hi', 1, now())`);
    expect((await facts()).isMailRefused).toBe(false);
  });

  it('is for admins and owners, and the steps of the server for those who look after it', async () => {
    const [admin, member] = [await app.signUp('Alan'), await app.signUp('Mary')];
    await joinWorkspace(app, admin, ada, 'admin');
    await joinWorkspace(app, member, ada, 'member');
    // All that is theirs is done.
    expect(await links(admin)).not.toContain('Set up Waymark');
    await app.db.execute(sql`update domains set state = 'waiting' where host = 'go.acme.test'`);
    const seen = await links(admin);
    expect(seen).toMatch(/Set up Waymark 2 of 3 done/);
    expect(seen).not.toContain('APP_URL');
    expect(await links(member)).not.toContain('Set up Waymark');
    expect((await member.ask(`${home}/setup/hide`, { method: 'POST' })).status).toBe(403);
  });

  it('is hidden by a person for themselves, and comes back from the settings', async () => {
    const { headers } = await ada.ask(`${home}/setup/hide`, { method: 'POST' });
    expect(headers.location).toBe(`${home}/links`);
    expect(await links()).not.toContain('Set up Waymark');
    const settings = await ada.ask(`${home}/settings`);
    expect(settings.text).toContain(`action="${home}/setup/show"`);
    await ada.ask(`${home}/setup/show`, { method: 'POST' });
    expect(await links()).toContain('Set up Waymark');
    expect((await ada.ask(`${home}/settings`)).text).not.toContain(`action="${home}/setup/show"`);
  });

  it('is no part of what htmx asks for', async () => {
    const part = await ada.ask(`${home}/links?search=x`, { headers: { 'hx-request': 'true' } });
    expect(part.text).not.toContain('Set up Waymark');
  });
});

describe('a link that only this computer can open', () => {
  it('says so where it is made, on its page and where it is shared, with what to do by who asks', async () => {
    const sentence = 'Only this computer can open this link.';
    const form = { url: 'https://example.com/', idPrefix: 'quick' };
    const made = await ada.ask(`${home}/links`, { form, headers: { 'hx-request': 'true' } });
    expect(textOf(made)).toContain(sentence);
    const { id } = await makeLink(app, ada);
    const page = textOf(await ada.ask(`${home}/links/${id}`));
    // Once, beside the address.
    expect(page.split(sentence)).toHaveLength(2);
    expect(page).toContain('Set APP_URL');
    const shared = await ada.ask(`${home}/shares`, { form: { title: 'Spring' } });
    expect(textOf(shared)).toContain(sentence);
    const other = await app.signUp('Olga');
    await joinWorkspace(app, other, ada, 'member');
    const seen = textOf(await other.ask(`${home}/links/${id}`));
    expect(seen).toContain('Ask the people who run this server to give it a public address.');
    expect(seen).not.toContain('APP_URL');
  });

  it('is silent where the world can open it', async () => {
    const domainId = await insertDomain(app.db, ada.workspace.id, 'go.example.com');
    const { id } = await makeLink(app, ada, { domainId });
    expect(textOf(await ada.ask(`${home}/links/${id}`))).not.toContain('can open this link');
  });
});
