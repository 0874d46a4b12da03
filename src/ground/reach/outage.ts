/** Codes of Node and Postgres (SQLSTATE) for a database that nobody can use: the reason, and what to do. */
const outages: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there. Start Postgres, or look at host and port',
  ECONNRESET: 'it hung up',
  EAI_AGAIN: 'its name cannot be looked up now',
  ENOTFOUND: 'there is no host of this name',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  ETIMEDOUT: 'it does not answer. Look at host, port and firewall',
  ENOENT: 'there is no socket or file of that name',
  EACCES: 'its socket may not be opened',
  '28000': 'it does not let this user in. Look at the user, and at pg_hba.conf',
  '28P01': 'it refuses the password',
  '3D000': 'it has no database of this name. Make it with: createdb',
  '42501': 'this user may not do that. Make it the owner of the database',
  '53300':
    'of its connections none is to spare now. Waymark takes 5 for each process: end other programs that hold some, or raise the limit of the server or the role',
  '57P03': 'it is starting or stopping',
  '25006': 'it only reads. Name the primary',
  '0A000': 'it cannot do what Waymark asks for',
  '08P01': 'what answers there is no Postgres, or a pooler that refuses us',
};

const unknownAuthority =
  "its certificate is signed by nobody whom this machine knows. Name the authority's file by sslrootcert=/path/ca.pem in the address, or accept any certificate by sslmode=no-verify";

const certificates: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  CERT_HAS_EXPIRED: 'its certificate is out of date. Renew it',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'its certificate is for another host. Name the host that it is for, or accept any certificate by sslmode=no-verify',
};

/** Sentences of the driver and of poolers that come without a code. */
const sayings: readonly (readonly [RegExp, string])[] = [
  [/timeout/i, outages.ETIMEDOUT ?? ''],
  [/does not support SSL/i, 'it does not offer TLS. Leave sslmode out of the address, or turn ssl on in Postgres'],
  [/password must be a string|SASL/i, 'it asks for a password, and the address has none or a wrong one'],
  [/terminated unexpectedly/i, 'it hung up'],
];

/**
 * Why a database cannot be used, and the way out; undefined for an error that is not about that. It has no part of the
 * address or of a statement in it.
 */
export function outageOf(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    // Several addresses of a host, each with an error of its own.
    const first: unknown = cause instanceof AggregateError ? cause.errors[0] : undefined;
    const code =
      'code' in cause ? String(cause.code) : first instanceof Error && 'code' in first ? String(first.code) : '';
    const { message } = cause;
    const reason = outages[code] ?? certificates[code] ?? sayings.find(([saying]) => saying.test(message))?.[1];
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** Address of a database, without the credentials to it. */
export function describeUrl(url: string): string {
  const { host, pathname } = new URL(url);
  return host + pathname;
}
