import type { Db } from '../../src/ground/db/db.ts';
import { announce } from '../../src/ground/db/notify.ts';
import { domains } from '../../src/ground/db/schema.ts';
import { newId } from '../../src/ground/text/id.ts';
import type { Person, TestApp } from './app.ts';
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

let made = 0;

/** A live domain of a person's workspace, under a name of its own; `path`: of its page. */
export async function makeDomain(
  { db }: TestApp,
  { workspace }: Person,
  settings: Partial<typeof domains.$inferInsert> = {},
): Promise<{ id: string; host: string; path: string }> {
  const host = `go${++made}.acme.example`;
  const id = await insertDomain(db, workspace.id, host, settings);
  return { id, host, path: `/w/${workspace.slug}/domains/${id}` };
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
