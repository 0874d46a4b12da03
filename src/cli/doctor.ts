import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { z } from 'zod';
import { openGeo } from '../clicks/geo.ts';
import { type Config, ConfigError, readConfig } from '../config.ts';
import { withConnection } from '../db/connection.ts';
import { connectionsOf, readAvailable } from '../db/connections.ts';
import { PostgresUnavailable } from '../db/embedded/postgres-unavailable.ts';
import { plural } from '../format.ts';
import { noTrigrams } from '../links/search-texts.ts';
import { smtpProblem } from '../mail/smtp-problem.ts';
import { CommandRefused, defineCommand } from './command.ts';
import { placeOf, withDatabaseUrl } from './database.ts';
import { readMigrations } from './migrations.ts';

type Check = { name: string; status: 'ok' | 'warn' | 'fail'; message: string };

/** Older geo data than this sends too many visitors to the wrong town. */
const oldGeoDays = 365;

/** Days and hours are counted by our clock, visits of several servers by the database's: seconds do not matter, minutes do. */
const clockSlack = { warnMs: 2_000, failMs: 60_000 };

const oldestPostgres = 15;

export const doctor = defineCommand({
  name: 'doctor',
  summary: 'Look at the settings, the database, the clock, geo data and mail, and say what is missing.',
  details: 'Changes nothing. Ends with exit code 1 when something does not work.',
  options: {},
  input: z.object({}),
  async run() {
    const checks = await checkAll();
    const width = Math.max(...checks.map(({ name }) => name.length));
    const isFailure = checks.some(({ status }) => status === 'fail');
    return {
      json: { isHealthy: !isFailure, checks },
      text: checks
        .map(({ name, status, message }) => `${status.padEnd(4)}  ${name.padEnd(width)}  ${message}`)
        .join('\n'),
      isFailure,
    };
  },
});

async function checkAll(): Promise<Check[]> {
  let config: Config;
  try {
    config = readConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [{ name: 'settings', status: 'fail', message: error.message.replaceAll('\n', '; ') }];
  }
  return [
    checkSettings(config),
    checkDataDir(config),
    ...(await checkDatabase(config)),
    await checkGeo(config),
    await checkMail(config),
  ];
}

function checkSettings({ appUrl, shortUrl, signUp }: Config): Check {
  const { protocol, hostname } = new URL(appUrl);
  const facts = `Dashboard at ${appUrl}, short links at ${shortUrl}, sign-up: ${signUp}.`;
  const isLocal = hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '127.0.0.1';
  if (isLocal) {
    return { name: 'settings', status: 'warn', message: `${facts} Only this computer can open it: set APP_URL.` };
  }
  if (protocol === 'http:') {
    return { name: 'settings', status: 'warn', message: `${facts} Passwords travel unprotected: serve it by https.` };
  }
  return { name: 'settings', status: 'ok', message: facts };
}

function checkDataDir({ dataDir }: Config): Check {
  const probe = join(dataDir, `.doctor-${process.pid}`);
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    writeFileSync(probe, '');
    rmSync(probe);
    return { name: 'data', status: 'ok', message: `${dataDir} can be written.` };
  } catch (error) {
    return { name: 'data', status: 'fail', message: `DATA_DIR cannot be written (${messageOf(error)}).` };
  }
}

async function checkDatabase(config: Config): Promise<Check[]> {
  try {
    return await withDatabaseUrl(config, async (url) => {
      const { version, skewMs, hasTrigrams } = await askDatabase(url);
      const { known, pending } = await readMigrations(url);
      const where = config.databaseUrl ? `external, at ${placeOf(url)}` : `embedded, below ${config.dataDir}`;
      return [
        version >= oldestPostgres
          ? { name: 'database', status: 'ok', message: `Postgres ${version}, ${where}.` }
          : {
              name: 'database',
              status: 'fail',
              message: `Postgres ${version} is too old: use ${oldestPostgres} or newer.`,
            },
        pending === 0
          ? { name: 'migrations', status: 'ok', message: `All ${known} are there.` }
          : {
              name: 'migrations',
              status: 'warn',
              message: `${pending} of ${known} are missing: start the server, or run migrate.`,
            },
        await checkConnections(url, config),
        checkClock(skewMs),
        // The migrations make the extension, where they may.
        ...(pending > 0 ? [] : [checkSearch(hasTrigrams)]),
      ];
    });
  } catch (error) {
    if (!(error instanceof CommandRefused || error instanceof PostgresUnavailable)) throw error;
    return [{ name: 'database', status: 'fail', message: error.message }];
  }
}

function checkSearch(hasTrigrams: boolean): Check {
  return hasTrigrams
    ? { name: 'search', status: 'ok', message: 'Links are searched by an index (pg_trgm).' }
    : { name: 'search', status: 'warn', message: noTrigrams };
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
              exists (select from pg_extension where extname = 'pg_trgm') as "hasTrigrams"`,
    );
    const [row] = rows;
    if (!row) throw new CommandRefused(`The database at ${placeOf(url)} does not say which version it is.`);
    const { version, hasTrigrams } = row;
    return { version, hasTrigrams, skewMs: (asked + Date.now()) / 2 - row.now.getTime() };
  });
}

async function checkGeo({ geoipFile }: Config): Promise<Check> {
  const problems: string[] = [];
  const { source } = await openGeo({ file: geoipFile, onProblem: (sentence) => problems.push(sentence) });
  if (!source.builtAt) {
    return {
      name: 'geo',
      status: 'warn',
      message: ['There is no geo data: places stay unknown.', ...problems].join(' '),
    };
  }
  const days = Math.floor((Date.now() - source.builtAt.getTime()) / 86_400_000);
  const facts = `${source.name}, ${days} days old.`;
  if (days > oldGeoDays) problems.push('Bring newer data: update Waymark, or set GEOIP_DB.');
  return { name: 'geo', status: problems.length > 0 ? 'warn' : 'ok', message: [facts, ...problems].join(' ') };
}

async function checkMail({ smtpUrl, mailFrom }: Config): Promise<Check> {
  if (!smtpUrl) {
    return { name: 'mail', status: 'warn', message: 'SMTP_URL is not set: mail waits in the log and at /admin/mail.' };
  }
  const url = new URL(smtpUrl);
  for (const patience of ['connectionTimeout', 'greetingTimeout', 'socketTimeout'])
    url.searchParams.set(patience, '5000');
  const transport = createTransport(url.href);
  try {
    await transport.verify();
    return { name: 'mail', status: 'ok', message: `${url.host} takes our mail, sent as ${mailFrom}.` };
  } catch (error) {
    return { name: 'mail', status: 'fail', message: `${url.host} does not take our mail. ${smtpProblem(error)}` };
  } finally {
    transport.close();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
