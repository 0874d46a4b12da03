import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { binariesIn, type PostgresBinaries } from './binaries.ts';
import { PostgresUnavailable } from '../db/postgres-unavailable.ts';

/** The account that runs Postgres, and the place of its files. */
export type PostgresAccount = Readonly<{
  binaries: PostgresBinaries;
  /** Folder of the data: the one asked for, unless the account cannot reach it. */
  directory: string;
  /** Runs a program as this account and returns what it printed; rejects when it fails. */
  run(program: string, args: readonly string[]): Promise<string>;
  /** Hands a file or folder that we made to the account. */
  give(path: string): void;
}>;

type User = Readonly<{ uid: number; gid: number }>;

/** Nothing of our own environment reaches Postgres: no secrets, no locale, no PG* variables. */
export const childEnvironment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
};

/** For root in a place where only root may look: programs and data that another user can reach. */
const sharedHome = '/var/lib/waymark';

const execute = promisify(execFile);

/**
 * Chooses who runs Postgres, which refuses to be root. Anyone else runs it as themselves. Root runs it in a user
 * namespace that shows it an ordinary user while files stay root's; where namespaces are forbidden (as in most
 * containers), it runs as the system's user `postgres` or `nobody`.
 * @param directory absolute path of the folder for the data; made if it is missing
 * @throws PostgresUnavailable when root has nobody to hand over to
 */
export function chooseAccount(binaries: PostgresBinaries, directory: string): PostgresAccount {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return asOurselves(binaries, directory);
  if (canMapUser()) return asMappedUser(binaries, directory);
  const user = findUser('postgres') ?? findUser('nobody');
  if (!user) {
    throw new PostgresUnavailable(
      'Postgres does not run as root. Start Waymark as an ordinary user, or set DATABASE_URL.',
    );
  }
  return asOtherUser(user, binaries, directory);
}

function asOurselves(binaries: PostgresBinaries, directory: string): PostgresAccount {
  makeFolder(directory);
  return { binaries, directory, give: () => {}, run: (program, args) => runIn(directory, program, args) };
}

const mapToNobody = ['--user', '--map-user=65534', '--map-group=65534'];

function canMapUser(): boolean {
  return spawnSync('unshare', [...mapToNobody, 'true'], { env: childEnvironment }).status === 0;
}

function asMappedUser(binaries: PostgresBinaries, directory: string): PostgresAccount {
  const account = asOurselves(binaries, directory);
  return { ...account, run: (program, args) => account.run('unshare', [...mapToNobody, program, ...args]) };
}

function asOtherUser(user: User, binaries: PostgresBinaries, directory: string): PostgresAccount {
  const canReach = (path: string) => spawnSync('test', ['-x', path], { ...user, env: childEnvironment }).status === 0;
  const home = canReach(nearestFolder(directory)) ? directory : join(sharedHome, `data-${shortHash(directory)}`);
  makeFolder(home);
  chownSync(home, user.uid, user.gid);
  return {
    binaries: canReach(binaries.postgres) ? binaries : copyBinaries(binaries),
    directory: home,
    give: (path) => chownSync(path, user.uid, user.gid),
    run: (program, args) => runIn(home, program, args, user),
  };
}

function makeFolder(path: string): void {
  try {
    // The account must get through the folders above.
    mkdirSync(dirname(path), { recursive: true, mode: 0o711 });
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new PostgresUnavailable(
      `The folder ${path} for the data cannot be used (${String(error)}). Name another one with DATA_DIR, make this one writable, or set DATABASE_URL.`,
    );
  }
}

async function runIn(cwd: string, program: string, args: readonly string[], user?: User): Promise<string> {
  const { stdout } = await execute(program, args, { cwd, env: childEnvironment, ...user });
  return stdout;
}

function findUser(name: string): User | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined;
}

function nearestFolder(path: string): string {
  const parent = dirname(path);
  return existsSync(parent) ? parent : nearestFolder(parent);
}

function copyBinaries(binaries: PostgresBinaries): PostgresBinaries {
  const native = dirname(dirname(binaries.postgres));
  const copy = join(sharedHome, `postgres-${shortHash(native + statSync(binaries.postgres).mtimeMs)}`);
  if (!existsSync(copy)) {
    mkdirSync(sharedHome, { recursive: true, mode: 0o711 });
    const draft = mkdtempSync(`${copy}-`);
    try {
      cpSync(native, join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
      renameSync(join(draft, 'native'), copy);
    } catch (error) {
      if (!existsSync(copy)) throw error; // otherwise another start was faster
    } finally {
      rmSync(draft, { recursive: true });
    }
  }
  return binariesIn(copy);
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
