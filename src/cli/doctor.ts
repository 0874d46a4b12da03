import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { z } from 'zod';
import { openGeo } from '../visitors/visits/geo.ts';
import { type Config, ConfigError, readConfig } from '../config.ts';
import { defineCommand } from './command.ts';
import { type Check, checkDatabase } from './doctor-database.ts';
import { openTo } from '../ground/addresses/open-to.ts';
import { smtpProblem } from '../ground/mail/smtp-problem.ts';

/** Older geo data than this sends too many visitors to the wrong town. */
const oldGeoDays = 365;

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
  const { protocol } = new URL(appUrl);
  const facts = `Dashboard at ${appUrl}, short links at ${shortUrl}, sign-up: ${signUp}.`;
  for (const [name, url] of Object.entries({ APP_URL: appUrl, SHORT_URL: shortUrl })) {
    const people = openTo(url);
    if (people !== 'everybody')
      return { name: 'settings', status: 'warn', message: `${facts} Only ${people} can open ${url}: set ${name}.` };
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
