/** Parameters of libpq that our driver does not know: it would connect to any server, as if they were not there. */
const unheeded = ['target_session_attrs', 'load_balance_hosts', 'hostaddr', 'service'];

/** The oldest major version of Postgres that has all we use. */
export const oldestPostgres = 15;

const shape = 'postgres://user:password@host:5432/name';

const escapes = 'In user and password write @ as %40, / as %2F, # as %23, ? as %3F, % as %25';

/**
 * Says why an address of a database cannot be used; undefined when it can. A part of the password may stand where the host
 * should be, so nothing of the address is repeated.
 */
export function problemOfDatabaseUrl(text: string): string | undefined {
  const [, rest] = /^postgres(?:ql)?:\/\/(.*)$/is.exec(text) ?? [];
  if (rest === undefined) return `is not an address such as ${shape}`;
  const parameters = new URLSearchParams(/\?(.*)$/s.exec(rest)?.[1] ?? '');
  const [authority = ''] = rest.split(/[/?#]/, 1);
  const hosts = [authority.slice(authority.lastIndexOf('@') + 1), parameters.get('host') ?? ''];
  if (hosts.some((host) => host.includes(','))) {
    return 'names several hosts, which the driver cannot try in turn. Name one that always leads to the primary: HAProxy that asks Patroni, a PgBouncer behind it, or a service name (docs/operations.md, "Several processes, several servers")';
  }
  const unknown = unheeded.find((name) => parameters.has(name));
  if (unknown !== undefined) {
    return `has ${unknown}, which the driver does not heed. Leave it out and name a host that always leads to the primary: HAProxy that asks Patroni, or a service name (docs/operations.md, "Several processes, several servers")`;
  }
  if (!URL.canParse(text)) return `is not an address such as ${shape}. ${escapes}`;
  const { username, password, pathname, search, hash } = new URL(text);
  if (hash !== '' || pathname.includes('@') || search.includes('@') || pathname.indexOf('/', 1) > 0)
    return `has a sign that ends an address in its middle. ${escapes}`;
  for (const part of [username, password, pathname]) {
    if (!isEscaped(part)) return `has a % that begins no escape. ${escapes}`;
  }
  return undefined;
}

function isEscaped(part: string): boolean {
  try {
    decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}
