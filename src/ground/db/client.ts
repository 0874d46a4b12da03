import { Client, type ClientConfig } from 'pg';

/** Settings that every pooler hands on with the connection: PgBouncer keeps them apart for each client. */
const carriedByPoolers: Readonly<Record<string, string>> = {
  DateStyle: 'ISO, MDY',
  TimeZone: 'UTC',
  standard_conforming_strings: 'on',
};

/**
 * The other settings that our statements and the reading of their answers depend on, or that cost speed (jit). Poolers
 * refuse them, so `preflight.ts` looks whether the database has them right. `transaction_timeout` is unknown before Postgres 17.
 */
export const wantedSettings: Readonly<Record<string, string>> = {
  IntervalStyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  array_nulls: 'on',
  transform_null_equals: 'off',
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
  row_security: 'on',
  jit: 'off',
  plan_cache_mode: 'auto',
};

/** In the query of a URL: the way to Postgres takes only the settings that poolers carry. */
const marker = 'settings';

export type Settings = Readonly<Record<string, string>>;

/** The same address, marked as leading through a pooler that refuses most settings. */
export function withCarriedSettings(url: string): string {
  const marked = new URL(url);
  marked.searchParams.set(marker, 'carried');
  return marked.href;
}

export const hasCarriedSettings = (url: string): boolean => new URL(url).searchParams.get(marker) === 'carried';

export type SettledConfig = ClientConfig & {
  /** Settings of this connection in place of ours. */
  settings?: Settings;
};

/** The driver's method that says what the first message to Postgres holds; not in its types. */
type Starting = { getStartupConf(): Record<string, string> };

/**
 * A connection that brings its settings along in its first message, so that neither ALTER DATABASE nor ALTER ROLE changes
 * what our statements mean. There is no SET on a session: behind a pooler it would reach other programs.
 */
export class SettledClient extends Client {
  readonly #settings: Settings;

  constructor(config: SettledConfig = {}) {
    super(config);
    const isBounded = config.connectionString !== undefined && hasCarriedSettings(config.connectionString);
    this.#settings = { ...carriedByPoolers, ...(isBounded ? {} : { ...wantedSettings, ...config.settings }) };
  }

  getStartupConf(): Record<string, string> {
    return { ...(Client.prototype as unknown as Starting).getStartupConf.call(this), ...this.#settings };
  }
}
