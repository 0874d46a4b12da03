import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { domainToASCII, fileURLToPath } from 'node:url';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { problemOfDatabaseUrl } from './ground/addresses/database-url.ts';
import { readNetwork } from './ground/addresses/network.ts';

const projectRoot = fileURLToPath(new URL('..', import.meta.url));

/** An http(s) origin: no path, query or credentials. */
const origin = z.url({ protocol: /^https?$/ }).transform((text, context) => {
  const url = new URL(text);
  if (url.pathname !== '/' || url.search || url.hash || url.username) {
    context.addIssue({ code: 'custom', message: 'must be an origin such as https://go.example.com, without a path' });
  }
  return url.origin;
});

const cidrList = z.string().transform((text, context) => {
  const ranges = text
    .split(',')
    .map((range) => range.trim())
    .filter(Boolean);
  const named = new Set(['loopback', 'linklocal', 'uniquelocal']);
  for (const range of ranges) {
    const isKnown = named.has(range) || readNetwork(range) !== undefined;
    if (!isKnown) {
      context.addIssue({
        code: 'custom',
        message: `"${range}" is not an address, a CIDR range, loopback, linklocal or uniquelocal`,
      });
    }
  }
  return ranges;
});

/** `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1` or `[2001:db8::1]:53`, with commas between. */
const serverList = z.string().transform((text, context) => {
  const servers = text
    .split(',')
    .map((server) => server.trim())
    .filter(Boolean);
  for (const server of servers) {
    const [, address = '', port = '53'] = /^\[([^\]]+)\](?::(\d+))?$/.exec(server) ??
      /^([^:]+)(?::(\d+))?$/.exec(server) ?? ['', server];
    const isServer = ipaddr.isValid(address) && Number(port) > 0 && Number(port) < 65_536;
    if (!isServer)
      context.addIssue({ code: 'custom', message: `"${server}" is not an address such as 192.0.2.1 or 192.0.2.1:53` });
  }
  return servers;
});

const databaseUrl = z.string().superRefine((text, context) => {
  const problem = problemOfDatabaseUrl(text);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});

const environment = z.object({
  /** Address to listen on. */
  HOST: z.string().min(1).default('0.0.0.0'),
  /** TCP port to listen on; 0 takes a free one. */
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  /** Origin of the dashboard and the API. Unset: http://localhost:PORT. */
  APP_URL: origin.optional(),
  /** Origin of short links unless a domain is chosen. Unset: the same host as APP_URL. */
  SHORT_URL: origin.optional(),
  /** Postgres 15 or newer. Unset: an embedded one below DATA_DIR. */
  DATABASE_URL: databaseUrl.optional(),
  /** The same database past any pooler: for migrations, announcements and commands. Unset: DATABASE_URL. */
  DATABASE_DIRECT_URL: databaseUrl.optional(),
  /** Connections to Postgres that each process may hold. Unset: 16, or fewer where Postgres gives fewer. */
  DATABASE_CONNECTIONS: z.coerce.number().int().min(5).max(1_000).optional(),
  /** Everything this server keeps on disk. Relative paths start at the project. */
  DATA_DIR: z.string().min(1).default('data'),
  /** Signs sessions, at least 32 characters. Unset: made once and kept in DATA_DIR/secret. */
  SECRET: z.string().min(32, 'must be at least 32 characters').optional(),
  /** Proxies whose X-Forwarded-* headers are believed. Unset: nobody's. */
  TRUST_PROXY: cidrList.default([]),
  /** Your own MaxMind file (GeoLite2-City.mmdb or alike); it wins over the packaged data. */
  GEOIP_DB: z.string().min(1).optional(),
  /** smtp:// or smtps:// with user and password. Unset: mail is shown in the log and to the instance's admin. */
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  /** Sender of our mail. Unset: waymark@ the host of APP_URL. */
  MAIL_FROM: z.string().min(3).optional(),
  /** The people who may sign up after the first account. */
  SIGN_UP: z.enum(['open', 'invite', 'closed']).default('invite'),
  /** `development` re-reads templates on each request. */
  NODE_ENV: z.string().default('production'),
  /** How long a visitor may wait for Postgres before the click goes to the spool, in milliseconds. */
  CLICK_COMMIT_BUDGET_MS: z.coerce.number().int().min(10).max(60_000).default(250),
  /** `warm`: all active links are loaded at start; a million take 1.3 GB of heap. */
  LINK_CACHE: z.enum(['cold', 'warm']).default('cold'),
  /** How many processes serve on the port. */
  WEB_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(1),
  /** Lets a Prometheus read /metrics from afar. Unset: only this machine may. */
  METRICS_TOKEN: z.string().min(16, 'must be at least 16 characters').optional(),
  /** Lets a Caddy elsewhere ask for which domains it may fetch certificates. Unset: only this machine may. */
  TLS_ASK_TOKEN: z.string().min(16, 'must be at least 16 characters').optional(),
  /** Name servers for custom domains, as ip or ip:port with commas between. Unset: the system's servers. */
  DNS_SERVERS: serverList.default([]),
  /** While requests wait longer than this for their turn, dashboard and API give way to visitors; in milliseconds, 0: never. */
  YIELD_AFTER_MS: z.coerce.number().int().min(0).max(60_000).default(100),
  /** How long a server that stops goes on serving, so that balancers notice; in milliseconds. Unset: 3,000 behind a proxy, else 0. */
  DRAIN_MS: z.coerce.number().int().min(0).max(60_000).optional(),
  /** How many days single clicks are kept; reports keep what was counted. Unset: for ever. */
  RETENTION_DAYS: z.coerce.number().int().min(7).max(36_500).optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

export type Config = Readonly<{
  host: string;
  port: number;
  appUrl: string;
  shortUrl: string;
  /** True when dashboard and default short links share one host. */
  isSharedHost: boolean;
  databaseUrl: string | null;
  /** Leads past a pooler; null where `databaseUrl` does. */
  databaseDirectUrl: string | null;
  databaseConnections: number | null;
  dataDir: string;
  secret: string;
  trustProxy: readonly string[];
  geoipFile: string | null;
  smtpUrl: string | null;
  mailFrom: string;
  /** False while developing: templates are read anew for each request. */
  isProduction: boolean;
  /** True while developing and in tests: a page that does not pass its parts what they need is an error. */
  isStrict: boolean;
  clickCommitBudgetMs: number;
  linkCache: 'cold' | 'warm';
  webConcurrency: number;
  metricsToken: string | null;
  tlsAskToken: string | null;
  dnsServers: readonly string[];
  retentionDays: number | null;
  yieldAfterMs: number;
  drainMs: number;
  signUp: 'open' | 'invite' | 'closed';
  logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
}>;

/** The environment does not say what it must; the message names each variable. */
export class ConfigError extends Error {}

/**
 * Reads and checks the environment, once. Empty values count as unset; NAME_FILE names a file that holds NAME.
 * @throws ConfigError with one line a variable that is wrong.
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const parsed = environment.safeParse(withFiles(env));
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new ConfigError(lines.join('\n'));
  }
  const values = parsed.data;
  if (values.DATABASE_DIRECT_URL !== undefined && values.DATABASE_URL === undefined)
    throw new ConfigError('DATABASE_DIRECT_URL: is for a pooler in DATABASE_URL, which is not set');
  const dataDir = isAbsolute(values.DATA_DIR) ? values.DATA_DIR : resolve(projectRoot, values.DATA_DIR);
  const appUrl = values.APP_URL ?? `http://localhost:${values.PORT}`;
  const shortUrl = values.SHORT_URL ?? appUrl;
  return Object.freeze({
    host: values.HOST,
    port: values.PORT,
    appUrl,
    shortUrl,
    isSharedHost: new URL(appUrl).host === new URL(shortUrl).host,
    databaseUrl: values.DATABASE_URL ?? null,
    databaseDirectUrl: values.DATABASE_DIRECT_URL ?? null,
    databaseConnections: values.DATABASE_CONNECTIONS ?? null,
    dataDir,
    secret: values.SECRET ?? keptSecret(dataDir),
    trustProxy: values.TRUST_PROXY,
    geoipFile: values.GEOIP_DB ? resolve(projectRoot, values.GEOIP_DB) : null,
    smtpUrl: values.SMTP_URL ?? null,
    mailFrom: values.MAIL_FROM ?? `Waymark <waymark@${domainToASCII(new URL(appUrl).hostname)}>`,
    isProduction: values.NODE_ENV !== 'development',
    isStrict: values.NODE_ENV === 'development' || values.NODE_ENV === 'test',
    clickCommitBudgetMs: values.CLICK_COMMIT_BUDGET_MS,
    linkCache: values.LINK_CACHE,
    webConcurrency: values.WEB_CONCURRENCY,
    metricsToken: values.METRICS_TOKEN ?? null,
    tlsAskToken: values.TLS_ASK_TOKEN ?? null,
    dnsServers: values.DNS_SERVERS,
    retentionDays: values.RETENTION_DAYS ?? null,
    yieldAfterMs: values.YIELD_AFTER_MS,
    drainMs: values.DRAIN_MS ?? (values.TRUST_PROXY.length > 0 ? 3_000 : 0),
    signUp: values.SIGN_UP,
    logLevel: values.LOG_LEVEL,
  });
}

/** Loads `.env` from the project, if it is there; what the environment already says wins. */
export function loadEnvFile(): void {
  const file = join(projectRoot, '.env');
  if (existsSync(file)) process.loadEnvFile(file);
}

/** Makes the folder of this server's files. @throws ConfigError */
export function makeDataDir(dataDir: string): void {
  try {
    // Others may pass through: an embedded Postgres that cannot run as root lives below, as another user.
    mkdirSync(dataDir, { recursive: true, mode: 0o711 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(`DATA_DIR: "${dataDir}" cannot be made (${code}). Name a folder that this user may write to`);
  }
}

function withFiles(env: NodeJS.ProcessEnv): Record<string, string> {
  const values: Record<string, string> = {};
  for (const name of Object.keys(environment.shape)) {
    const file = env[`${name}_FILE`];
    const value = env[name];
    if (value) values[name] = value;
    else if (file) values[name] = readSecretFile(name, file);
  }
  return values;
}

function readSecretFile(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw new ConfigError(`${name}_FILE: "${file}" cannot be read`);
  }
}

/** Zero configuration makes its own secret once; another start that made one first wins. */
function keptSecret(dataDir: string): string {
  const file = join(dataDir, 'secret');
  makeDataDir(dataDir);
  try {
    writeFileSync(file, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (!existsSync(file))
      throw new ConfigError(
        `DATA_DIR: "${dataDir}" cannot be written (${(error as NodeJS.ErrnoException).code}). Name a folder that this user may write to`,
      );
  }
  return readFileSync(file, 'utf8').trim();
}
