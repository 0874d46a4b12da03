import { access, open, stat, statfs } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { Hit } from './hit.ts';

/** A hit as a line of the spool: a checksum and its JSON. */
export function lineOf(hit: Hit): string {
  const json = JSON.stringify(hit);
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
}

/** The hit of a line, without its end; undefined when the line is not as it was written. */
export function hitOf(line: string): Hit | undefined {
  const json = line.slice(9);
  if (line[8] !== ' ' || crc32(json) !== Number.parseInt(line.slice(0, 8), 16)) return undefined;
  return JSON.parse(json) as Hit;
}

/** Whether a process of this machine runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

export const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Whether a file could not be used because it is gone. */
export const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** Whether a file is there that nobody has touched for longer than `ageMs` milliseconds. */
export async function isOlder(path: string, ageMs: number): Promise<boolean> {
  const state = await stat(path).catch(() => undefined);
  return state !== undefined && Date.now() - state.mtimeMs > ageMs;
}

/** @throws when the disk of a directory has less than `reserveBytes` left */
export async function checkRoom(directory: string, reserveBytes: number): Promise<void> {
  if (reserveBytes === 0) return;
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize < reserveBytes) throw new Error('the disk has only the room left that the database needs');
}

/** A new file survives a power cut only when its directory is synced too. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  await handle.sync().catch(() => {}); // Windows cannot
  await handle.close();
}
