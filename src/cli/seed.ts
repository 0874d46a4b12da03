import { randomBytes, randomInt } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { z } from 'zod';
import { newAccount } from '../people/accounts/forms.ts';
import { createAccount } from '../people/accounts/queries.ts';
import { hashOf } from '../people/accounts/password.ts';
import { restateWorkspace } from '../visitors/upkeep/recount.ts';
import { makePartitions } from '../visitors/upkeep/retention.ts';
import { withConnection } from '../ground/db/connection.ts';
import type { Db } from '../ground/db/db.ts';
import * as schema from '../ground/db/schema.ts';
import { command } from '../ground/events/actor.ts';
import { findOrMakeInstanceDomain } from '../domains/domains/queries.ts';
import { formatNumber, plural } from '../ground/text/format.ts';
import { addDays } from '../ground/time/zoned-time.ts';
import { CommandRefused, defineCommand } from './command.ts';
import { withDatabase } from './database.ts';
import { type Progress, startProgress } from './progress.ts';
import { makeAudience } from '../demo/audience.ts';
import { ensureCampaigns, ensureExtraCampaigns, setGoals } from '../demo/campaigns.ts';
import { insertDemoConversions } from '../demo/conversions.ts';
import { analyzeCopied, copyHits } from '../demo/copy.ts';
import { hitMaker, type RecordedHit } from '../demo/hits.ts';
import { extraCampaignNames, linkIdeas } from '../demo/ideas.ts';
import { insertDemoLinks } from '../demo/links.ts';
import { seededRandom } from '../demo/random.ts';
import { calendar, type Day, spread } from '../demo/traffic.ts';

const wholeNumber = (least: number, most: number) => {
  const message = `Use a whole number from ${formatNumber(least)} to ${formatNumber(most)}.`;
  return z.string().regex(/^\d+$/, message).transform(Number).pipe(z.number().min(least, message).max(most, message));
};

export const seed = defineCommand({
  name: 'seed',
  summary: 'Fill a workspace with a believable demo: links, tags, campaigns and clicks up to now.',
  details: [
    'Each run makes a new account and workspace, unless one is named.',
    'Clicks are those of people, as the dashboard counts them; previews, crawlers and other machines come on top,',
    'about one hit in six.',
  ].join('\n'),
  options: {
    links: { value: 'NUMBER', says: 'How many links; 40 when left out.' },
    clicks: { value: 'NUMBER', says: 'How many clicks by people; 50000 when left out.' },
    days: { value: 'NUMBER', says: 'On how many days, today included; 90 when left out.' },
    tags: {
      value: 'NUMBER',
      says: 'Over how many more tags links beyond the first fifty are spread; 0 when left out.',
    },
    campaigns: { value: 'NUMBER', says: 'The same for campaigns.' },
    workspace: { value: 'ID', says: 'Id or URL name of a workspace that gets them on top of what it has.' },
  },
  input: z.object({
    links: wholeNumber(1, 200_000).default(40),
    clicks: wholeNumber(1, 10_000_000).default(50_000),
    days: wholeNumber(1, 1_100).default(90),
    tags: wholeNumber(0, 1_900).default(0),
    campaigns: wholeNumber(0, 900).default(0),
    workspace: z.string().optional(),
  }),
  run: (size, isQuiet) =>
    withDatabase(async ({ db, url }, config) => {
      const progress = startProgress(isQuiet);
      const host = size.workspace === undefined ? await newHost(db) : await getHost(db, size.workspace);
      const random = seededRandom(randomInt(2 ** 32));
      const now = new Date();
      const days = calendar(size.days, host.workspace.timeZone, now);
      const domainId = await findOrMakeInstanceDomain(db, config.shortUrl);
      const ideas = linkIdeas(size.links, size);
      const named = ideas.flatMap(({ campaign }) => campaign ?? []);
      const by = command('seed', host.userId);
      const campaigns = await ensureCampaigns(db, host.workspace.id, by, named, days);
      const extraCampaigns = await ensureExtraCampaigns(db, host.workspace.id, by, extraCampaignNames(size));
      const links = await insertDemoLinks(
        db,
        ideas,
        { workspace: host.workspace, domainId, by, campaigns, extraCampaigns, days },
        random,
        (made) => progress.show('links', made, size.links),
      );
      const audience = makeAudience(random);
      const plan = { days, timeZone: host.workspace.timeZone, now, hours: audience.hours };
      const hitsOf = hitMaker(links, audience, random);
      const hits = allHits(spread(size.clicks, plan, links, random), hitsOf, size.clicks, progress);
      await load(url, host.workspace.id, days, hits, () => progress.show('reports', size.clicks, size.clicks));
      await insertDemoConversions(db, host.workspace.id, by, links, now);
      await setGoals(db, host.workspace, by, campaigns, { days, clicks: size.clicks });
      progress.clear();

      const { email, password } = host;
      const json = { email, password, workspaceId: host.workspace.id, links: links.length, clicks: size.clicks };
      const made = `Workspace ${json.workspaceId} got ${plural(json.links, 'link')} with ${plural(json.clicks, 'click')}.`;
      const logIn = password ? `Log in at ${config.appUrl} as ${email} with the password ${password}` : '';
      return { json, text: [made, logIn].filter(Boolean).join('\n') };
    }),
});

/** The workspace that gets the demo, and who may look at it; the password only when it is new. */
type Host = {
  workspace: { id: string; timeZone: string };
  userId: string | null;
  email: string | null;
  password: string | null;
};

async function newHost(db: Db): Promise<Host> {
  const email = `robin-${randomBytes(4).toString('hex')}@example.com`;
  const password = randomBytes(12).toString('base64url');
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  const account = newAccount.parse({
    name: 'Robin Hale',
    email,
    password,
    workspaceName: 'Fernwell Outdoor',
    timeZone,
  });
  const { userId, workspaceId } = await createAccount(db, command('seed'), {
    ...account,
    passwordHash: await hashOf(password),
  });
  const { workspace } = await getHost(db, workspaceId);
  return { workspace, userId, email, password };
}

async function getHost(db: Db, idOrSlug: string): Promise<Host> {
  const { members, users, workspaces } = schema;
  const [found] = await db
    .select({ id: workspaces.id, timeZone: workspaces.timeZone, userId: users.id, email: users.email })
    .from(workspaces)
    .leftJoin(members, sql`${members.workspaceId} = ${workspaces.id} and ${members.role} = 'owner'`)
    .leftJoin(users, eq(users.id, members.userId))
    .where(sql`${idOrSlug} in (${workspaces.id}, ${workspaces.slug})`)
    .limit(1);
  if (!found) throw new CommandRefused(`There is no workspace "${idOrSlug}".`);
  const { id, timeZone, userId, email } = found;
  return { workspace: { id, timeZone }, userId, email, password: null };
}

function* allHits(
  days: Iterable<Day>,
  hitsOf: (day: Day) => Iterable<RecordedHit>,
  clicks: number,
  progress: Progress,
): Generator<RecordedHit> {
  let made = 0;
  for (const day of days) {
    for (const hit of hitsOf(day)) {
      yield hit;
      if (hit.class === 'human' && ++made % 1_000 === 0) progress.show('clicks', made, clicks);
    }
  }
}

/** Rows and rollups in one transaction: whoever looks meanwhile, or after a Ctrl-C, sees none of them. */
async function load(
  url: string,
  workspaceId: string,
  days: readonly string[],
  hits: Iterable<RecordedHit>,
  onLoaded: () => void,
): Promise<void> {
  await withConnection(url, async (client) => {
    const db = drizzle(client, { schema });
    // Before the transaction: making a partition locks out everybody who counts.
    await makePartitions(db, sql`select unnest(${monthsOf(days)}::timestamptz[])`);
    await db.transaction(async (tx) => {
      await copyHits(client, hits);
      onLoaded();
      await restateWorkspace(tx, workspaceId);
    });
    await analyzeCopied(db);
  });
}

/** The months in UTC that days of any zone touch, as a Postgres array of their first instants. */
function monthsOf(days: readonly string[]): string {
  const utcDays = days.flatMap((day) => [addDays(day, -1), day, addDays(day, 1)]);
  const months = new Set(utcDays.map((day) => `${day.slice(0, 7)}-01T00:00:00Z`));
  return `{${[...months].join(',')}}`;
}
