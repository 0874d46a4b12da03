import type { Route } from '../../src/ground/addresses/route.ts';
import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { insertApiKey } from '../../src/people/keys/keys.ts';
import { insertNote } from '../../src/reports/notes/notes.ts';
import { insertView } from '../../src/reports/saved-views/saved-views.ts';
import { postbackToken } from '../../src/links/conversions/postback-token.ts';
import { insertGoal } from '../../src/visitors/conversions/goals.ts';
import { getPostbackVersion } from '../../src/visitors/conversions/postback.ts';
import { newId } from '../../src/ground/text/id.ts';
import { updateLink } from '../../src/links/links/queries.ts';
import { ensureTags } from '../../src/links/links/tags.ts';
import { insertMailing } from '../../src/reports/mailings/queries.ts';
import { mailingToken } from '../../src/reports/mailings/token.ts';
import { insertShare } from '../../src/reports/sharing/queries.ts';
import { insertInvitation } from '../../src/people/workspaces/invitations.ts';
import { byPerson, byTest } from '../setup/actor.ts';
import type { TestApp } from '../setup/app.ts';
import { makeCampaign, makeLink, makeTemplate } from '../setup/make.ts';

/** The workspace in which everything is made, and whom it is made by. */
export type Place = { app: TestApp; workspaceId: string; slug: string; ownerId: string };

type Made = Record<string, string>;

/** Values of a route's parameters by the name of the parameter, each made anew: what is deleted once is there for the next. */
export async function makeParams(place: Place, url: string, userId: string): Promise<Made> {
  const names = [...url.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '');
  const made: Made = {};
  for (const name of names) Object.assign(made, await makeOne(place, url, name, userId));
  return made;
}

const ruleTo = (name: string): Route => ({
  name,
  when: { what: 'slug', is: 'one_of', values: [name] },
  to: [{ url: `https://${name}.example/`, weight: 1, app: null }],
});

async function makeOne(place: Place, url: string, name: string, userId: string): Promise<Made> {
  const { app, workspaceId, ownerId } = place;
  const { db } = app;
  const word = randomBytes(6).toString('hex');
  const what =
    name === 'id' || name === 'subjectId'
      ? (/\/(links|campaigns|tags|domains|qr-codes|views|goals)\/:/.exec(url)?.[1] ?? '')
      : name;
  switch (what) {
    case 'workspace':
      return { workspace: place.slug };
    case 'links':
    case 'linkId': {
      const { id } = await make(place);
      if (url.includes('/rules/'))
        await updateLink(db, workspaceId, byTest, id, { routes: ['a', 'b', 'c'].map(ruleTo) });
      return { [name]: id };
    }
    case 'place':
      return { place: '2' };
    case 'qr-codes':
    case 'slugId':
      return { [name]: (await make(place)).qrSlugId };
    case 'slug':
      return { slug: (await make(place)).slug };
    case 'campaigns':
    case 'campaignId': {
      return { [name]: (await makeCampaign(app, workspaceId, word)).id };
    }
    case 'tags':
    case 'tagId':
      return { [name]: (await ensureTags(db, workspaceId, byTest, [word]))[0] ?? '' };
    case 'templateId':
      return { templateId: (await makeTemplate(app, workspaceId, word)).id };
    case 'goals':
    case 'goalId': {
      const goal = { name: word, isServerOnly: false };
      return { [name]: (await insertGoal(db, workspaceId, byTest, goal)).id };
    }
    case 'secret':
      return {
        secret: postbackToken(app.config.secret, {
          id: workspaceId,
          postbackVersion: await getPostbackVersion(db, workspaceId),
        }),
      };
    case 'noteId':
      await insertNote(db, workspaceId, byPerson(ownerId), { at: new Date(), text: word, linkId: null });
      return { noteId: await idOf(place, sql`select id from report_notes where text = ${word}`) };
    case 'views':
    case 'viewId':
      return { [name]: (await insertView(db, workspaceId, byPerson(ownerId), { name: word, address: 'reports' })).id };
    case 'eventId':
    case 'requestId': {
      const link = await make(place);
      await updateLink(db, workspaceId, { ...byPerson(ownerId), requestId: word }, link.id, { title: word });
      const eventId = await idOf(place, sql`select id::text from events where request_id = ${word}`);
      return name === 'eventId' ? { eventId } : { requestId: word };
    }
    case 'shareId':
      await makeShare(place, word);
      return { shareId: await idOf(place, sql`select id from shares where title = ${word}`) };
    case 'mailingId': {
      const subject = { kind: 'workspace', id: workspaceId } as const;
      const mailing = {
        subject,
        filters: [],
        every: 'week',
        recipient: `${word}@example.com`,
      } as const;
      await db.execute(sql`delete from mailings`);
      const { id } = await insertMailing(db, workspaceId, byPerson(ownerId), mailing);
      return { mailingId: id, token: mailingToken(app.config.secret, id) };
    }
    case 'mailId': {
      const { rows } = await db.execute<{ id: number }>(
        sql`insert into mails (recipient, subject, body) values (${`${word}@example.com`}, ${word}, ${word}) returning id`,
      );
      return { mailId: String(rows[0]?.id) };
    }
    case 'keyId':
      return { keyId: (await insertApiKey(db, workspaceId, byPerson(ownerId), { name: word })).id };
    case 'userId':
      return { userId: await makeMember(place, word) };
    case 'invitationId':
      await invite(place, word);
      return {
        invitationId: await idOf(place, sql`select id from invitations where email = ${`${word}@example.com`}`),
      };
    case 'token':
      if (url.startsWith('/invitations')) return { token: await invite(place, word) };
      if (/\/(brand\.css|logo)$/.test(url)) await makeBrand(place, word);
      return url.startsWith('/r/') ? { token: await makeShare(place, word) } : {};
    case 'color':
      return { color: 'aabbcc' };
    case 'hash':
      return { hash: 'ab'.repeat(16) };
    case 'sessionId':
      await db.execute(sql`
insert into sessions (id, token, user_id, expires_at) values (${word}, ${word}, ${userId || ownerId}, now() + interval '1 hour')`);
      return { sessionId: word };
    case 'domains':
    case 'domainId': {
      const id = newId();
      await db.execute(sql`
insert into domains (id, host, workspace_id, state, proof_token, logo, logo_type)
values (${id}, ${`${word}.example.com`}, ${workspaceId}, 'live', ${word}, 'bytes', 'image/png')`);
      return { [name]: id };
    }
    default:
      throw new Error(`test/access/fixtures.ts makes no :${name} for ${url}. Add how to make one.`);
  }
}

const make = ({ app, workspaceId, ownerId }: Place) => makeLink(app, workspaceId, {}, byPerson(ownerId));

const makeShare = async ({ app, workspaceId, ownerId }: Place, title: string): Promise<string> => {
  const { token } = await insertShare(
    app.db,
    workspaceId,
    byPerson(ownerId),
    {
      subject: { kind: 'workspace', id: workspaceId },
      filters: [],
      title,
      parts: [],
      passwordHash: null,
      expiresAt: null,
    },
    app.config.secret,
  );
  return token;
};

/** New links of the workspace go to a domain that has a colour and a logo. */
async function makeBrand({ app, workspaceId }: Place, word: string): Promise<void> {
  const id = newId();
  await app.db.execute(sql`
insert into domains (id, host, workspace_id, state, proof_token, brand_color, logo, logo_type)
values (${id}, ${`brand-${word}.example.com`}, ${workspaceId}, 'live', ${word}, '#0f7b5c', 'bytes', 'image/png')`);
  await app.db.execute(sql`update workspaces set default_domain_id = ${id} where id = ${workspaceId}`);
}

async function invite({ app, workspaceId, ownerId }: Place, word: string): Promise<string> {
  const invitation = { email: `${word}@example.com`, role: 'viewer' } as const;
  return (await insertInvitation(app.db, workspaceId, byPerson(ownerId), invitation, app.config.secret)).token;
}

async function makeMember({ app, workspaceId }: Place, word: string): Promise<string> {
  await app.db.execute(sql`insert into users (id, name, email) values (${word}, ${word}, ${`${word}@example.com`})`);
  await app.db.execute(sql`
insert into members (workspace_id, user_id, role) values (${workspaceId}, ${word}, 'viewer')`);
  return word;
}

async function idOf({ app }: Place, query: ReturnType<typeof sql>): Promise<string> {
  const { rows } = await app.db.execute<{ id: string }>(query);
  return rows[0]?.id ?? '';
}
