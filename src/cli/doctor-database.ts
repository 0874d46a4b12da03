import type { Config } from '../config.ts';
import { withConnection } from '../ground/db/connection.ts';
import { connectionsOf, readAvailable } from '../ground/reach/connections.ts';
import { oldestPostgres } from '../ground/addresses/database-url.ts';
import { openDatabase } from '../ground/db/db.ts';
import { PostgresUnavailable } from '../ground/db/postgres-unavailable.ts';
import { listen, type Listener } from '../ground/db/notify.ts';
import { describeUrl } from '../ground/reach/outage.ts';
import { tryWay, type Way } from '../ground/reach/pooler.ts';
import { inspectDatabase } from '../ground/reach/preflight.ts';
import { asUnavailable, deafSentence, pooledDirectUrl, problemOfWay } from '../ground/reach/reach.ts';
import { standingOf, standingSentences } from '../ground/db/schema-support.ts';
import { plural } from '../ground/text/format.ts';
import { listKeptSlugs } from '../links/links/kept-slugs.ts';
import { warningAboutKept } from '../ground/addresses/kept-words.ts';
import { noTrigrams } from '../links/links/search-texts.ts';
import { CommandRefused } from './command.ts';
import { withDatabaseUrl } from './database.ts';
import { readMigrations } from './migrations.ts';

export type Check = { name: string; status: 'ok' | 'warn' | 'fail'; message: string };

/** Days and hours are counted by our clock, visits of several servers by the database's: seconds do not matter, minutes do. */
const clockSlack = { warnMs: 2_000, failMs: 60_000 };

/** All that doctor says of the database and the way to it. Changes nothing. */
export async function checkDatabase(config: Config): Promise<Check[]> {
  const checks: Check[] = [];
  try {
    await withDatabaseUrl(config, async (given) => {
      const direct = await tryWay(given);
      const { version, skewMs, hasTrigrams } = await askDatabase(direct.url);
      const where = config.databaseUrl ? `external, at ${describeUrl(given)}` : `embedded, below ${config.dataDir}`;
      const migrations = await checkMigrations(direct.url);
      const fitness = await checkFitness(direct.url);
      // Tables that cannot be reached cannot be asked anything.
      const isFit = !fitness.some(({ status }) => status === 'fail');
      checks.push(
        version >= oldestPostgres
          ? { name: 'database', status: 'ok', message: `Postgres ${version}, ${where}.` }
          : {
              name: 'database',
              status: 'fail',
              message: `Postgres ${version} is too old: use ${oldestPostgres} or newer.`,
            },
        ...fitness,
        migrations,
        await checkConnections(direct.url, config),
        checkClock(skewMs),
        // The migrations make the extension, where they may.
        ...(migrations.status === 'ok' && isFit ? [checkSearch(hasTrigrams), await checkSlugs(direct.url)] : []),
        ...(await checkTimeZones(direct.url)),
      );
      if (config.databaseUrl !== null) checks.push(...(await checkWays(config, config.databaseUrl, direct)));
    });
  } catch (error) {
    if (!(error instanceof CommandRefused || error instanceof PostgresUnavailable)) throw error;
    checks.push({ name: 'database', status: 'fail', message: error.message });
  }
  return checks;
}

async function checkFitness(url: string): Promise<Check[]> {
  const findings = await withConnection(url, (client) => inspectDatabase(client, url));
  return findings.map(({ isFatal, message }) => ({ name: 'database', status: isFatal ? 'fail' : 'warn', message }));
}

async function checkMigrations(url: string): Promise<Check> {
  const standing = await withConnection(url, standingOf);
  const sentence = standingSentences[standing];
  if (sentence) return { name: 'migrations', status: standing === 'allowed' ? 'warn' : 'fail', message: sentence };
  const { known, pending } = await readMigrations(url);
  if (pending === 0) return { name: 'migrations', status: 'ok', message: `All ${known} are there.` };
  return {
    name: 'migrations',
    status: 'warn',
    message: `${pending} of ${known} are missing: start the server, or run migrate.`,
  };
}

/** Poolers on the way, and whether announcements arrive that way. */
async function checkWays({ databaseDirectUrl }: Config, databaseUrl: string, direct: Way): Promise<Check[]> {
  const way = databaseDirectUrl === null ? direct : await tryPooled(databaseUrl);
  const problem = problemOfWay(way);
  if (problem !== undefined) return [{ name: 'pooler', status: 'fail', message: problem }];
  const checks: Check[] = [];
  if (databaseDirectUrl !== null && direct.pooler === 'transaction')
    checks.push({ name: 'pooler', status: 'fail', message: pooledDirectUrl });
  else if (way.pooler !== 'none')
    checks.push({ name: 'pooler', status: 'ok', message: `DATABASE_URL leads through one in ${way.pooler} mode.` });
  if (databaseDirectUrl !== null) checks.push(...(await checkFitness(way.url)));
  return [...checks, await checkAnnouncements(way.url, direct.url, databaseDirectUrl !== null)];
}

async function tryPooled(url: string): Promise<Way> {
  try {
    return await tryWay(url);
  } catch (error) {
    throw asUnavailable(error, url);
  }
}

async function checkAnnouncements(url: string, directUrl: string, hasOwnWay: boolean): Promise<Check> {
  const database = openDatabase(url, () => {}, 1);
  let listener: Listener | undefined;
  const hears = await new Promise<boolean>((resolve, reject) => {
    const parts = { url: directUrl, db: database.db, onAnnouncement: () => {}, onGap: () => {}, onHearing: resolve };
    listen(parts).then((made) => (listener = made), reject);
  });
  await listener?.close();
  await database.close();
  if (hears) return { name: 'changes', status: 'ok', message: 'Changes are told to every server.' };
  return {
    name: 'changes',
    status: hasOwnWay ? 'fail' : 'warn',
    message: hasOwnWay
      ? 'Announcements do not arrive: DATABASE_DIRECT_URL and DATABASE_URL lead to different databases.'
      : `${deafSentence[0]?.toUpperCase()}${deafSentence.slice(1)}. Until then changes of links are obeyed seconds later.`,
  };
}

/** Workspaces that go by another time zone than the one that they asked for, or would if the server started now. */
async function checkTimeZones(url: string): Promise<Check[]> {
  return withConnection(url, async (client) => {
    const { rows: columns } = await client.query(
      `select 1 from pg_attribute where attrelid = to_regclass('workspaces') and attname = 'lost_time_zone'`,
    );
    if (columns.length === 0) return []; // not migrated yet
    const { rows } = await client.query<{ slug: string; zone: string }>(`
select slug, coalesce(lost_time_zone, time_zone) as zone from workspaces
where lost_time_zone is not null or time_zone not in (select name from pg_timezone_names) order by slug limit 5`);
    return rows.map(({ slug, zone }) => ({
      name: 'time zone',
      status: 'warn',
      message: `The workspace "${slug}" asks for ${zone}, which is unknown here: its reports go by UTC. Choose another one in its settings.`,
    }));
  });
}

async function checkConnections(url: string, { webConcurrency, databaseConnections }: Config): Promise<Check> {
  const available = await readAvailable(url);
  try {
    const each = connectionsOf(available, webConcurrency, databaseConnections);
    const processes = plural(webConcurrency, 'process', 'processes');
    return {
      name: 'capacity',
      status: 'ok',
      message: `${processes} with ${each} connections each; ${available.limitedBy}.`,
    };
  } catch (error) {
    if (!(error instanceof PostgresUnavailable)) throw error;
    return { name: 'capacity', status: 'fail', message: error.message };
  }
}

function checkSearch(hasTrigrams: boolean): Check {
  return hasTrigrams
    ? { name: 'search', status: 'ok', message: 'Links are searched by an index (pg_trgm).' }
    : { name: 'search', status: 'warn', message: noTrigrams };
}

async function checkSlugs(url: string): Promise<Check> {
  const database = openDatabase(url, () => {}, 1);
  try {
    const warning = warningAboutKept(await listKeptSlugs(database.db));
    return warning
      ? { name: 'slugs', status: 'warn', message: warning }
      : { name: 'slugs', status: 'ok', message: 'None is a word that Waymark keeps for itself.' };
  } finally {
    await database.close();
  }
}

function checkClock(skewMs: number): Check {
  const distance = Math.abs(skewMs);
  const status = distance > clockSlack.failMs ? 'fail' : distance > clockSlack.warnMs ? 'warn' : 'ok';
  if (status === 'ok') return { name: 'clock', status, message: "Agrees with the database's clock." };
  const seconds = Math.round(distance / 1_000);
  return {
    name: 'clock',
    status,
    message: `${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} the database's clock: clicks would count for the wrong hour.`,
  };
}

/** Major version, whether it has pg_trgm, and how far our clock is ahead, measured against the middle of the question. */
async function askDatabase(url: string): Promise<{ version: number; skewMs: number; hasTrigrams: boolean }> {
  return withConnection(url, async (client) => {
    const asked = Date.now();
    const { rows } = await client.query<{ version: number; now: Date; hasTrigrams: boolean }>(
      `select current_setting('server_version_num')::int / 10000 as version, clock_timestamp() as now,
              exists (select 1 from pg_extension where extname = 'pg_trgm') as "hasTrigrams"`,
    );
    const [row] = rows;
    if (!row) throw new CommandRefused(`The database at ${describeUrl(url)} does not say which version it is.`);
    const { version, hasTrigrams } = row;
    return { version, hasTrigrams, skewMs: (asked + Date.now()) / 2 - row.now.getTime() };
  });
}
