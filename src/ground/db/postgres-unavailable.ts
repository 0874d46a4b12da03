/** The database cannot be used as it is; the message is a sentence that says what to do. */
export class PostgresUnavailable extends Error {
  override name = 'PostgresUnavailable';
}
