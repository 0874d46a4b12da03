import type { Db } from '../../src/ground/db/db.ts';
import { announce } from '../../src/ground/db/notify.ts';
import { domains } from '../../src/ground/db/schema.ts';
import { newId } from '../../src/ground/text/id.ts';
import { eventually } from './eventually.ts';

type Serves = (host: string) => Promise<boolean>;

/** Servers of tests, by the database that they gave out: each says whether it has heard of a host. */
const servers = new WeakMap<Db, Serves>();

/** Makes `insertDomain` wait until that server has heard of the domain. */
export const waitForServer = (db: Db, serves: Serves): unknown => servers.set(db, serves);

/** A domain that somebody has proved, for tests of what lies behind that. */
export async function insertDomain(
  db: Db,
  workspaceId: string,
  host: string,
  settings: Partial<typeof domains.$inferInsert> = {},
): Promise<string> {
  const id = newId();
  await db.insert(domains).values({ id, host, workspaceId, proofToken: 'proof', provedAt: new Date(), ...settings });
  if ((settings.state ?? 'live') === 'live') await tellOfDomain(db, host);
  return id;
}

/** Tells every node of a domain that a test put into the table by itself, and waits until the test's server knows it. */
export async function tellOfDomain(db: Db, host: string): Promise<void> {
  await announce(db, { kind: 'domain', host });
  const serves = servers.get(db);
  if (serves)
    await eventually(
      () => serves(host),
      (isServed) => isServed,
    );
}
