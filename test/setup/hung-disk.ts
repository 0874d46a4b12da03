import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whoever reads the file at `path` waits from now on, until the function that is given back is called; then it is gone. */
export function hangFile(path: string): () => void {
  rmSync(path, { force: true });
  execFileSync('mkfifo', [path]);
  return () => {
    closeSync(openSync(path, constants.O_RDWR));
    rmSync(path);
  };
}

/** Holds every thread that Node has for files, as a disk does that hangs, until the function that is given back is called. */
export function hangDisk(): () => Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'waymark-hung-'));
  const fifo = join(directory, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const threads = Number(process.env.UV_THREADPOOL_SIZE ?? 4);
  const held = Array.from({ length: threads }, () => open(fifo, 'r'));
  return async () => {
    const end = openSync(fifo, constants.O_RDWR);
    for (const handle of held) await (await handle).close();
    closeSync(end);
    rmSync(directory, { recursive: true });
  };
}
