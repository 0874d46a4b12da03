import { sql } from 'drizzle-orm';
import { Client } from 'pg';
import { insertNote } from '../../../src/reports/notes/notes.ts';
import { insertView } from '../../../src/reports/saved-views/saved-views.ts';
import { insertApiKey } from '../../../src/people/keys/keys.ts';
import { Batches } from '../../../src/visitors/clicks/inbox.ts';
import { KnownShapes } from '../../../src/visitors/clicks/known-shapes.ts';
import type { Hit } from '../../../src/visitors/clicks/hit.ts';
import { insertCampaign } from '../../../src/links/links/campaigns.ts';
import { insertLink } from '../../../src/links/links/insert.ts';
import { type NewLink, updateLink } from '../../../src/links/links/queries.ts';
import { ensureTags } from '../../../src/links/links/tags.ts';
import { insertMail } from '../../../src/ground/mail/queries.ts';
import { insertMailing } from '../../../src/reports/mailings/queries.ts';
import { mailingToken } from '../../../src/reports/mailings/token.ts';
import { insertShare } from '../../../src/reports/sharing/queries.ts';
import { hashPassword } from '../../../src/reports/sharing/password.ts';
import { insertInvitation } from '../../../src/people/workspaces/invitations.ts';
import { openClickIds } from '../../../src/visitors/conversions/click-id.ts';
import { insertGoal } from '../../../src/visitors/conversions/goals.ts';
import { sendConversion } from '../../../src/visitors/conversions/sent.ts';
import { byPerson } from '../../setup/actor.ts';
import type { Person, TestApp } from '../../setup/app.ts';
import { insertDomain } from '../../setup/domains.ts';
import { makeHit } from '../../setup/hits.ts';
import { joinWorkspace } from '../../setup/membership.ts';

const day = 24 * 60 * 60_000;
/** As long as each may be, and without a place to break. */
const unbroken = 'W'.repeat(200);
const rightToLeft = 'عنوان طويل جدا لرابط قصير';
const longUrl = `https://www.${'long-label.'.repeat(8)}example.com/${'a'.repeat(400)}?q=${'%20b'.repeat(60)}`;

export type LongWords = Awaited<ReturnType<typeof fillWithLongWords>>;

/** A workspace in which all words are as long as they may be. @returns what its pages are called by */
export async function fillWithLongWords(app: TestApp, owner: Person) {
  const { db } = app;
  const workspaceId = owner.workspace.id;
  const home = `/w/${owner.workspace.slug}`;
  await db.execute(sql`update workspaces set name = ${unbroken.slice(0, 60)} where id = ${workspaceId}`);
  const { rows } = await db.execute<{ id: string }>(sql`select id from users where email = ${owner.email}`);
  const createdBy = rows[0]?.id ?? '';

  const member = await app.signUp('Friend');
  await joinWorkspace(app, member, owner, 'member');
  await db.execute(sql`
update users set name = ${unbroken.slice(0, 80)} where email = ${member.email}`);
  const invitation = { email: `${unbroken.slice(0, 60)}@example.com`, role: 'viewer' } as const;
  const { secret } = app.config;
  const { token: invited } = await insertInvitation(db, workspaceId, byPerson(createdBy), invitation, secret);

  const host = `${'w'.repeat(40)}.${'long-label-of-a-domain.'.repeat(4)}example`;
  const domainId = await insertDomain(db, workspaceId, host, {
    brandName: unbroken.slice(0, 60),
    fault: 'target_wrong',
  });
  const waitingId = await insertDomain(db, workspaceId, `go.${host}`, { state: 'waiting', provedAt: null });

  const plans = [
    { name: unbroken.slice(0, 80), startsOn: dayBefore(20), endsOn: dayBefore(-20), goal: 987_654_321 },
    { name: rightToLeft, startsOn: dayBefore(2), endsOn: dayBefore(-200), goal: 40 },
    { name: 'Plain', startsOn: null, endsOn: null, goal: null },
  ];
  const campaigns = [];
  for (const plan of plans) campaigns.push((await insertCampaign(db, workspaceId, byPerson(createdBy), plan)).id);
  const [tagId = ''] = await ensureTags(db, workspaceId, byPerson(createdBy), [unbroken.slice(0, 50)]);

  const make = (changes: Partial<NewLink>) =>
    insertLink(db, workspaceId, byPerson(createdBy), {
      url: 'https://example.com/',
      slug: null,
      title: null,
      tags: [],
      campaignId: null,
      domainId: app.instanceDomainId,
      ...changes,
    });
  const long = await make({
    url: longUrl,
    slug: 'w'.repeat(64),
    title: unbroken,
    tags: [unbroken.slice(0, 50), 'Plain', ...Array.from({ length: 12 }, (_, n) => `A tag with words ${n}`)],
    campaignId: campaigns[0] ?? null,
    domainId,
    split: {
      versions: [null, `${longUrl}&version`].map((url) => ({ url, weight: 1 })),
      endsAt: '2098-12-31T18:00:00.000Z',
      isPaused: false,
    },
  });
  const rtl = await make({ title: rightToLeft, campaignId: campaigns[1] ?? null, tags: [rightToLeft] });
  const archived = await make({ title: 'A title of several words that is as long as titles are '.repeat(3) });
  await db.execute(sql`update links set archived_at = now() where id = ${archived.id}`);
  const untouched = await make({ title: unbroken });

  const words = [unbroken, `${unbroken.slice(0, 100)}.example.com`, 'direct', rightToLeft];
  const hits = Array.from({ length: 240 }, (_, nth): Hit => {
    const link = [long, rtl, archived][nth % 3] ?? long;
    const word = words[nth % words.length] ?? null;
    return makeHit({
      workspaceId,
      linkId: link.id,
      domainId: nth % 3 === 0 ? domainId : app.instanceDomainId,
      clickedAt: Date.now() - (nth % 40) * 0.7 * day,
      class: nth % 7 === 0 ? 'preview' : nth % 11 === 0 ? 'crawler' : 'human',
      reason: nth % 7 === 0 ? 'preview:slack' : nth % 11 === 0 ? 'crawler:google' : 'human:browser',
      country: ['DE', 'US', 'IN', 'GB', null][nth % 5] ?? null,
      region: word,
      city: word,
      os: word?.slice(0, 40) ?? null,
      browser: word?.slice(0, 40) ?? null,
      referrer: word,
      channel: nth % 4 === 0 ? 'qr' : 'direct',
      utmSource: word,
      utmMedium: word,
      utmCampaign: word,
      utmTerm: word,
      utmContent: word,
      ...(nth % 4 === 0 ? { slugId: link.qrSlugId } : {}),
    });
  });
  const pg = new Client({ connectionString: app.databaseUrl });
  await pg.connect();
  await pg.query(new Batches(hits).statement(new KnownShapes().unknownOf(hits)));
  await pg.end();
  await app.rollUp();

  const goals = [];
  for (const name of [unbroken, rightToLeft])
    goals.push(await insertGoal(db, workspaceId, byPerson(createdBy), { name, isServerOnly: false }));
  const goalId = goals[0]?.id ?? '';
  const clickIds = openClickIds(secret);
  for (const [hit, currency] of hits
    .filter((each) => each.class === 'human')
    .map((each, nth) => [each, nth % 2 ? 'EUR' : 'JPY'] as const))
    await sendConversion(
      { db, clickIds, retentionDays: null },
      { clickId: clickIds.write(hit) ?? '', goal: unbroken, value: 987_654_321, currency },
      { via: 'server', check() {} },
      new Date(),
    );

  await insertNote(db, workspaceId, byPerson(createdBy), {
    at: new Date(Date.now() - day),
    text: unbroken,
    linkId: null,
  });
  const filter = `f=${encodeURIComponent(`referrer:is:${unbroken}`)}`;
  const view = { name: unbroken.slice(0, 80), address: `reports?period=30d&${filter}` };
  const viewId = (await insertView(db, workspaceId, byPerson(createdBy), view)).id;
  await insertApiKey(db, workspaceId, byPerson(createdBy), { name: unbroken.slice(0, 60) });
  const share = {
    title: unbroken.slice(0, 120),
    parts: ['links', 'places', 'sources', 'campaigns', 'devices', 'languages', 'hits'],
    filters: [{ dimension: 'referrer', operator: 'contains', value: unbroken.slice(0, 100) }] as const,
    expiresAt: null,
  };
  const subject = { kind: 'workspace', id: workspaceId } as const;
  const { token: shared } = await insertShare(
    db,
    workspaceId,
    byPerson(createdBy),
    { ...share, subject, passwordHash: null },
    secret,
  );
  const { token: locked } = await insertShare(
    db,
    workspaceId,
    byPerson(createdBy),
    {
      ...share,
      subject,
      passwordHash: await hashPassword('long enough'),
    },
    secret,
  );
  const recipient = `${unbroken.slice(0, 60)}@example.com`;
  const mailing = await insertMailing(db, workspaceId, byPerson(createdBy), {
    subject,
    filters: share.filters,
    every: 'week',
    recipient,
  });
  await insertMail(db, { to: recipient, subject: unbroken, text: `Hello,\n\n${longUrl}\n` }, new Date(), false);

  // From the longest words to others and back.
  const by = { ...byPerson(createdBy), requestId: 'change-of-long-words' };
  await updateLink(db, workspaceId, by, long.id, { url: `${longUrl}&b`, title: rightToLeft });
  await updateLink(db, workspaceId, by, long.id, { url: longUrl, title: unbroken });
  const { rows: changes } = await db.execute<{ id: string }>(
    sql`select max(id)::text as id from events where request_id = ${by.requestId}`,
  );

  return {
    home,
    change: { eventId: changes[0]?.id ?? '', requestId: by.requestId },
    short: app.config.shortUrl,
    unbroken,
    long,
    rtl,
    archived,
    untouched,
    campaigns,
    tagId,
    domainId,
    waitingId,
    viewId,
    goalId,
    shared,
    locked,
    invited,
    mailing: `${mailing.id}/${mailingToken(app.config.secret, mailing.id)}`,
    filter,
  };
}

function dayBefore(days: number): string {
  return new Date(Date.now() - days * day).toISOString().slice(0, 10);
}
