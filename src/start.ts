import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import type { FastifyInstance } from 'fastify';
import { dimensions } from './analytics/dimensions.ts';
import { buildApp } from './app.ts';
import { openGeo } from './clicks/geo.ts';
import { Recorder, type RecorderEvent } from './clicks/recorder.ts';
import { rollUpPending, vacuumPending } from './clicks/rollups.ts';
import { Spool } from './clicks/spool.ts';
import { Salts } from './clicks/salts.ts';
import type { Config } from './config.ts';
import { type Database, openDatabase } from './db/db.ts';
import { startEmbeddedPostgres } from './db/embedded.ts';
import { migrateDatabase } from './db/migrate.ts';
import { listen } from './db/notify.ts';
import { ensureInstanceDomain } from './domains/queries.ts';
import { type Job, startTimetable } from './jobs/timetable.ts';
import { openMailer } from './mail/mailer.ts';
import { Resolver } from './redirect/resolve.ts';

export type RunningServer = {
  app: FastifyInstance;
  /** Where people open the dashboard. */
  openAt: string;
  /** Finishes what is in flight, records what was clicked, and lets go of everything. */
  close(): Promise<void>;
};

/** Config -> database (embedded when none is named) -> migrations -> app -> listening. */
export async function startServer(config: Config): Promise<RunningServer> {
  const closers: (() => Promise<unknown>)[] = [];
  const closeAll = async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  };
  try {
    return await start(config, closers, closeAll);
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function start(
  config: Config,
  closers: (() => Promise<unknown>)[],
  closeAll: () => Promise<void>,
): Promise<RunningServer> {
  const problem = (sentence: string, error?: unknown) => log?.error({ err: error }, sentence);
  let log: FastifyInstance['log'] | undefined;

  const databaseUrl = config.databaseUrl ?? (await embeddedUrl(config, closers));
  await migrateDatabase(databaseUrl);
  const database = openDatabase(databaseUrl, (error) => problem('an idle database connection broke', error));
  closers.push(() => database.close());
  const { db } = database;

  const salts = new Salts();
  await salts.renew(db, new Date());
  await ensurePartitions(database, new Date());
  const resolver = new Resolver(db);
  const listener = await listen(
    databaseUrl,
    (announcement) => resolver.forget(announcement),
    () => resolver.distrust(),
  );
  closers.push(() => listener.close());
  const timetable: Job[] = [
    { name: 'roll up clicks', everyMs: 1_000, run: () => rollUpPending(db, dimensions) },
    { name: 'vacuum pending clicks', everyMs: 5_000, run: () => vacuumPending(db) },
    { name: 'renew salts', everyMs: 15 * 60_000, run: () => salts.renew(db, new Date()) },
    { name: 'make partitions', everyMs: 6 * 60 * 60_000, run: () => ensurePartitions(database, new Date()) },
    { name: 'forget visitors seen', everyMs: 60 * 60_000, run: () => forgetVisitorsSeen(database, new Date()) },
  ];
  const jobs = startTimetable(timetable, (job, error) => problem(`the job "${job.name}" failed`, error));
  closers.push(() => jobs.close());
  const spool = new Spool(join(config.dataDir, 'spool'), problem);
  const recorder = new Recorder({
    databaseUrl,
    spool,
    budgetMs: config.clickCommitBudgetMs,
    onEvent: (event) => reportRecorderEvent(event, problem, (sentence) => log?.info(sentence)),
  });
  closers.push(() => recorder.close());

  const app = await buildApp({
    config,
    db,
    instanceDomainId: await ensureInstanceDomain(db, config.shortUrl),
    mailer: openMailer(config, db, (sentence, error) => (error ? problem(sentence, error) : log?.info(sentence))),
    geo: await openGeo({ file: config.geoipFile, onProblem: problem }),
    salts,
    resolver,
    recorder,
  });
  log = app.log;
  closers.push(() => app.close());
  await app.listen({ host: config.host, port: config.port });
  return { app, openAt: config.appUrl, close: closeAll };
}

async function embeddedUrl(config: Config, closers: (() => Promise<unknown>)[]): Promise<string> {
  const postgres = await startEmbeddedPostgres({ directory: join(config.dataDir, 'postgres') });
  closers.push(() => postgres.stop());
  return postgres.url;
}

/** Partitions of this month and the next two; a server that is down for a month still finds one when it comes back. */
async function ensurePartitions({ db }: Database, now: Date): Promise<void> {
  await db.execute(sql`
select ensure_click_partition(${now.toISOString()}::timestamptz + make_interval(months => m)) from generate_series(0, 2) m`);
}

/** Which visitors were seen matters on their day only; the day before yesterday is over everywhere. */
async function forgetVisitorsSeen({ db }: Database, now: Date): Promise<void> {
  await db.execute(
    sql`delete from visitors_seen where day < (${now.toISOString()}::timestamptz at time zone 'UTC')::date - 1`,
  );
}

function reportRecorderEvent(
  event: RecorderEvent,
  problem: (sentence: string, error?: unknown) => void,
  info: (sentence: string) => void,
): void {
  if (event.kind === 'away') problem('the database does not take clicks; they go to the spool', event.error);
  else if (event.kind === 'back') info('the database takes clicks again');
  else if (event.kind === 'drained') info(`${event.hits} clicks of the spool are in the database`);
  else if (event.kind === 'problem') problem('clicks could not be kept at the first try', event.error);
  else if (event.kind === 'kept' && event.outcome === 'lost')
    problem(`${event.hits} CLICKS ARE LOST: neither database nor disk took them`);
}
