import cluster from 'node:cluster';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { FastifyInstance } from 'fastify';
import { buildApp } from '../app.ts';
import { openGeo } from '../visitors/visits/geo.ts';
import type { RefusedBatch } from '../visitors/rollups/mover.ts';
import { Recorder, type RecorderEvent } from '../visitors/clicks/recorder.ts';
import { clickJobs, ensurePartitions } from '../visitors/upkeep/retention.ts';
import { Spool } from '../visitors/clicks/spool.ts';
import { Salts } from '../visitors/visits/salts.ts';
import { Sweeps } from '../visitors/machines/sweeps.ts';
import { SweptHits } from '../visitors/upkeep/swept.ts';
import { Closing } from './closing.ts';
import { type Config, makeDataDir } from '../config.ts';
import { earlierNow } from '../ground/db/clock.ts';
import { connectionsOf, divideConnections, readAvailable, usualConnections } from '../ground/reach/connections.ts';
import { openDatabase } from '../ground/db/db.ts';
import { startEmbeddedPostgres } from '../ground/embedded/embedded.ts';
import { migrateDatabase } from '../ground/db/migrate.ts';
import { listen } from '../ground/db/notify.ts';
import { eventJobs } from '../ground/events/partitions.ts';
import type { MendedZone } from '../ground/zones/time-zones.ts';
import { type Addresses, deafSentence, reachDatabase } from '../ground/reach/reach.ts';
import { removeOldForms } from '../ground/db/sent-forms.ts';
import { removeOldTries } from '../ground/db/tries.ts';
import { openDns } from '../domains/dns/dns.ts';
import { ensureInstanceDomain } from '../domains/domains/queries.ts';
import { domainJobs } from '../domains/domains/recheck.ts';
import { plural } from '../ground/text/format.ts';
import { DatabaseWatch } from '../site/health/database-watch.ts';
import { LostClicks } from '../site/health/lost-clicks.ts';
import { openMetrics } from '../site/health/metrics.ts';
import { readinessOf } from '../site/health/readiness.ts';
import { openWorkerMetrics } from '../site/health/worker-metrics.ts';
import { startTimetable } from '../ground/jobs/timetable.ts';
import { searchJobs } from '../links/links/search-texts.ts';
import { openDepartures } from '../reports/live/departures.ts';
import { listKeptSlugs } from '../links/links/kept-slugs.ts';
import { warningAboutKept } from '../ground/addresses/kept-words.ts';
import { mailJobs, openMailer } from '../ground/mail/mailer.ts';
import { accountDeletionJob } from '../people/accounts/deletion-job.ts';
import { workspaceDeletionJob } from '../people/workspaces/deletion-job.ts';
import { mailingJobs } from '../reports/mailings/send.ts';
import { testJobs } from '../reports/tests/watch.ts';
import { describeError } from '../ground/http/logging.ts';
import { countActiveSlugs, ensureStatistics } from '../visitors/redirect/queries.ts';
import { Resolver } from '../visitors/redirect/resolve.ts';
import { conversionJobs } from '../visitors/conversions/settle.ts';
import { countTraffic } from '../visitors/redirect/traffic.ts';

export type RunningServer = {
  app: FastifyInstance;
  /** Address of the dashboard, for people. */
  openAt: string;
  /** Drains, finishes what is in flight, records what was clicked, lets go of everything; once, in DRAIN_MS and 20 s. */
  close(): Promise<void>;
};

type Problem = (sentence: string, error?: unknown) => void;

/** Writes to the terminal while there is no log yet. */
export const complain: Problem = (sentence, error) => {
  process.stderr.write(`${sentence}${error === undefined ? '' : ` (${inspect(describeError(error))})`}\n`);
};

/**
 * Config -> database (embedded when none is named) -> migrations -> app -> listening.
 * @param signal a stop that was asked for while we start: what is open is closed again
 * @throws what went wrong, with everything closed; the signal's reason when that was it
 */
export async function startServer(config: Config, signal?: AbortSignal): Promise<RunningServer> {
  let log: FastifyInstance['log'] | undefined;
  const problem: Problem = (sentence, error) => (log ? log.error({ err: error }, sentence) : complain(sentence, error));
  const closing = new Closing(problem);
  try {
    const app = await open(config, closing, problem, signal);
    log = app.log;
    signal?.throwIfAborted();
    await app.listen({ host: config.host, port: config.port, listenTextResolver: (at) => `listening at ${at}` });
    // Comes first in a stop: /health/ready says so by then, and every answer ends its connection.
    closing.add('the drain', config.drainMs + 1_000, () => sleep(config.drainMs));
    return { app, openAt: config.appUrl, close: () => closing.all() };
  } catch (error) {
    await closing.all();
    throw error;
  }
}

async function open(
  config: Config,
  closing: Closing,
  problem: Problem,
  signal: AbortSignal | undefined,
): Promise<FastifyInstance> {
  makeDataDir(config.dataDir);
  const { url, directUrl } = await openPostgres(config, closing, problem);
  signal?.throwIfAborted();
  const share = divideConnections(await planConnections(url, config));
  signal?.throwIfAborted();
  await migrateDatabase(directUrl, { onWait: problem });
  signal?.throwIfAborted();
  const onIdleError = (error: Error) => problem('an idle database connection broke', error);
  const database = openDatabase(url, onIdleError, share.general);
  closing.add('the database connections', 1_000, () => database.close());
  // Looking links up must not wait behind reports for a connection, nor for a connection that hangs.
  const lookups = openDatabase(url, onIdleError, share.lookups, 5_000, true);
  closing.add('the connections for redirects', 1_000, () => lookups.close());
  const { db } = database;

  const salts = new Salts();
  const startedAt = await earlierNow(db);
  await salts.renew(db, startedAt);
  await ensurePartitions(db, startedAt);
  const isWarm = config.linkCache === 'warm';
  if (isWarm) await ensureStatistics(db);
  const resolver = new Resolver(lookups.db, isWarm ? await countActiveSlugs(db) : 0);
  const departures = openDepartures();
  const listener = await listen({
    url: directUrl,
    db,
    onAnnouncement(announcement) {
      resolver.forget(announcement);
      if (announcement.kind === 'departure')
        departures.emit('departure', announcement.workspaceId, announcement.userId);
    },
    onGap: () => resolver.distrust(),
    onHearing(hears) {
      resolver.hearsOfChanges = hears;
      if (!hears) problem(deafSentence);
    },
  });
  closing.add('the listener', 1_000, () => listener.close());
  await resolver.loadHosts();
  if (isWarm) await resolver.warm(db, signal);
  signal?.throwIfAborted();

  // There is no log before there is an app.
  let info: (sentence: string) => void = complain;
  const mailer = openMailer(config, db, (sentence, error) => (error ? problem(sentence, error) : info(sentence)));
  const sweptHits = new SweptHits();
  const onMended = (zones: readonly MendedZone[]) => {
    for (const { workspaceId, was, now } of zones)
      problem(`the time zone "${was}" of workspace ${workspaceId} is unknown here; its reports go by ${now}`);
  };
  const onRefused = ({ workspaceId, id, size, state }: RefusedBatch) =>
    problem(
      `batch ${id} of workspace ${workspaceId} stays in the inbox: Postgres cannot make rows of it (${plural(size, 'hit')}, SQLSTATE ${state})`,
    );
  const timetable = [
    ...clickJobs({ db, salts, sweptHits, retentionDays: config.retentionDays, onMended, onRefused }),
    ...conversionJobs(db, config.retentionDays),
    ...testJobs(db, (link, error) => problem(`the A/B test of link ${link} could not be looked at`, error)),
    ...eventJobs(db),
    ...mailJobs(mailer),
    ...mailingJobs({ db, mailer, config }),
    accountDeletionJob({ db, mailer, config }),
    workspaceDeletionJob({ db, mailer, config }),
    ...domainJobs({ db, mailer, config, dns: openDns(config.dnsServers) }),
    ...searchJobs(db, (sentence) => problem(sentence)),
    { name: 'forget tries', everyMs: 10 * 60_000, run: () => removeOldTries(db) },
    { name: 'forget forms', everyMs: 60 * 60_000, run: () => removeOldForms(db) },
  ];
  const jobs = startTimetable(timetable, (job, error) => problem(`the job "${job.name}" failed`, error));
  closing.add('the jobs', 3_000, () => jobs.close());

  // The embedded Postgres lives on the disk of the spool, and cannot recover without room.
  const reserveBytes = config.databaseUrl === null ? 256 * 2 ** 20 : 0;
  const spool = new Spool(join(config.dataDir, 'spool'), problem, reserveBytes);
  const traffic = countTraffic();
  const watch = new DatabaseWatch(lookups.db);
  closing.add('the watch over the database', 1_000, async () => watch.close());
  const lost = new LostClicks();
  const metrics = openMetrics({
    traffic,
    spoolDepth: () => spool.depth(),
    jobStates: (now) => jobs.states(now),
    isDatabaseThere: () => watch.isThere,
    countBacklog: () => watch.countBacklog(),
  });
  const recorder = new Recorder({
    databaseUrl: url,
    spool,
    budgetMs: config.clickCommitBudgetMs,
    retentionDays: config.retentionDays,
    onEvent(event) {
      metrics.observe(event);
      if (event.kind === 'kept' && event.outcome === 'lost') lost.add(event.hits, new Date());
      reportRecorderEvent(event, problem, (sentence) => info(sentence));
    },
  });
  closing.add('the recorder', 7_000, () => recorder.close());

  const app = await buildApp({
    config,
    db,
    instanceDomainId: await ensureInstanceDomain(db, config.shortUrl),
    mailer,
    geo: await openGeo({ file: config.geoipFile, onProblem: problem }),
    salts,
    sweeps: new Sweeps((earlier) => sweptHits.add(earlier)),
    resolver,
    recorder,
    traffic,
    departures,
    isStopping: () => closing.hasBegun,
    spooled: () => ({ clicks: spool.depth().hits, isFilling: recorder.isDatabaseAway }),
    readiness: () =>
      readinessOf({
        isStopping: closing.hasBegun,
        isDatabaseThere: watch.isThere,
        isSpooling: recorder.isDatabaseAway,
        hearsOfChanges: listener.hears,
        spool: spool.depth(),
        lost: lost.read(new Date()),
        jobs: jobs.states(new Date()),
      }),
    readMetrics: cluster.isWorker ? openWorkerMetrics() : metrics.read,
  });
  info = (sentence) => app.log.info(sentence);
  const warning = warningAboutKept(await listKeptSlugs(db));
  if (warning) app.log.warn(warning);
  closing.add('the requests in flight', 6_000, () => closeApp(app));
  return app;
}

/**
 * How many connections this process may hold.
 * @throws PostgresUnavailable when Postgres does not give as many as it takes
 */
export async function planConnections(url: string, config: Config): Promise<number> {
  return connectionsOf(await readAvailable(url), config.webConcurrency, config.databaseConnections);
}

/**
 * Address of Postgres: the one that is named, else an embedded one, started and left at the end.
 * @throws PostgresUnavailable, and what the driver throws
 */
export async function openPostgres(config: Config, closing: Closing, problem: Problem): Promise<Addresses> {
  const { databaseUrl, databaseDirectUrl } = config;
  if (databaseUrl !== null)
    return reachDatabase({ url: databaseUrl, directUrl: databaseDirectUrl ?? databaseUrl }, problem);
  const postgres = await startEmbeddedPostgres({
    directory: join(config.dataDir, 'postgres'),
    // Commands and people with psql want some too.
    settings: { max_connections: 30 + (config.databaseConnections ?? usualConnections) * config.webConcurrency },
  });
  closing.add('Postgres', 60_000, () => postgres.stop());
  return { url: postgres.url, directUrl: postgres.url };
}

/** Stops accepting, waits for what is in flight, and at last cuts whoever sends or reads too slowly. */
async function closeApp(app: FastifyInstance): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), 5_000);
  await app.close();
  clearTimeout(cut);
}

function reportRecorderEvent(event: RecorderEvent, problem: Problem, info: (sentence: string) => void): void {
  if (event.kind === 'away') problem('the database does not take clicks; they go to the spool', event.error);
  else if (event.kind === 'back') info('the database takes clicks again');
  else if (event.kind === 'emptied') info(`the spool is drained: ${plural(event.hits, 'click')} went to the database`);
  else if (event.kind === 'unread' && event.isNews)
    problem('CLICKS ARE LOST: they cannot be read; their visitors are sent on', event.error);
  else if (event.kind === 'problem') problem('clicks could not be kept at the first try', event.error);
  else if (event.kind === 'refused')
    problem(
      `${plural(event.hits, 'click')} CANNOT BE RECORDED and are set aside in the spool's refused.txt`,
      event.error,
    );
  else if (event.kind === 'kept' && event.outcome === 'lost')
    problem(`${event.hits} CLICKS ARE LOST: neither database nor disk took them`);
}
