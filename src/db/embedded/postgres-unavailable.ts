/** The embedded Postgres cannot be used here; the message is a sentence that says what to do. */
export class PostgresUnavailable extends Error {
  override name = 'PostgresUnavailable';
}
