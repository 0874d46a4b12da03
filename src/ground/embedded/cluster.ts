import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PostgresAccount } from './account.ts';
import { PostgresUnavailable } from '../db/postgres-unavailable.ts';

/** A data directory and what it takes to log in to it. */
export type Cluster = Readonly<{ data: string; log: string; user: string; password: string }>;

const user = 'waymark';

/**
 * Opens the data directory of an account and makes it first where there is none. Two starts may do so at once.
 * @throws PostgresUnavailable when the binaries do not run, or the data are of another major version
 */
export async function openCluster(account: PostgresAccount): Promise<Cluster> {
  const brought = await majorVersion(account);
  const data = join(account.directory, 'pgdata');
  if (!existsSync(data)) await createCluster(account, data);
  const found = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  if (found !== brought) {
    throw new PostgresUnavailable(
      `The data in ${data} were written by Postgres ${found}, and Waymark now brings Postgres ${brought}. Dump them with Postgres ${found} and restore them into a fresh folder, or set DATABASE_URL to a Postgres ${found}.`,
    );
  }
  return {
    data,
    log: join(account.directory, 'postgres.log'),
    user,
    password: readFileSync(passwordFileIn(data), 'utf8'),
  };
}

function passwordFileIn(folder: string): string {
  return join(folder, 'waymark.password');
}

async function majorVersion(account: PostgresAccount): Promise<string> {
  try {
    const version = await account.run(account.binaries.postgres, ['--version']);
    return /(\d+)/.exec(version)?.[1] ?? version;
  } catch (error) {
    throw new PostgresUnavailable(
      `The Postgres that comes with npm does not run on this machine. Set DATABASE_URL to a Postgres 15 or newer. ${String(error)}`,
    );
  }
}

/**
 * Makes the data directory beside its place and moves it there whole, password included. A start that dies halfway
 * leaves nothing that looks finished. Of two starts at once one move wins, and both use what it brought.
 */
async function createCluster(account: PostgresAccount, data: string): Promise<void> {
  const draft = mkdtempSync(join(account.directory, 'draft-'));
  const draftData = join(draft, 'pgdata');
  const passwordFile = passwordFileIn(draft);
  try {
    writeFileSync(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
    account.give(draft);
    account.give(passwordFile);
    // The builtin locale sorts and folds alike on every machine, whatever locales the system has.
    await account.run(account.binaries.initdb, [
      `--pgdata=${draftData}`,
      `--username=${user}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
    ]);
    renameSync(passwordFile, passwordFileIn(draftData));
    renameSync(draftData, data);
    removeDrafts(account.directory);
  } catch (error) {
    if (existsSync(data)) return; // another start was faster
    throw new PostgresUnavailable(
      `Postgres could not make its data directory in ${account.directory}. Check that the folder can be written and the disk is not full, or set DATABASE_URL. ${String(error)}`,
    );
  } finally {
    rmSync(draft, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Drafts that a killed start left behind, or that a slower one is about to give up. */
function removeDrafts(directory: string): void {
  for (const name of readdirSync(directory)) {
    if (name.startsWith('draft-')) rmSync(join(directory, name), { recursive: true, force: true, maxRetries: 5 });
  }
}
