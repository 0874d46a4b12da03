import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { brotli, gzip, isCompressible } from './compression.ts';
import { type Manifest, manifestFile } from './manifest.ts';

/**
 * Writes files under names that carry a hash of their bytes, compressed forms beside them (`.br`, `.gz`), and at last
 * the list of what is there. A form that stands there already is not made again: its name says that it is the same.
 */
export class Emitter {
  readonly #directory: string;
  readonly #manifest: Manifest = {};

  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * @param name as pages call it: `app.css`
   * @returns the name it got: `app-1a2b3c4d5e.css`
   */
  async emit(name: string, content: string | Buffer): Promise<string> {
    const bytes = Buffer.from(content);
    const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 10);
    const ending = extname(name);
    const hashed = `${name.slice(0, name.length - ending.length)}-${hash}${ending}`;
    this.#manifest[name] = hashed;
    await mkdir(this.#directory, { recursive: true });
    await this.#write(hashed, () => bytes);
    if (isCompressible(name)) {
      await Promise.all([
        this.#write(`${hashed}.br`, () => brotli(bytes)),
        this.#write(`${hashed}.gz`, () => gzip(bytes)),
      ]);
    }
    return hashed;
  }

  /** Takes the place of whatever was built before, in one step, and deletes what nothing names any more. */
  async finish(): Promise<void> {
    const list = JSON.stringify(this.#manifest, null, 2);
    await this.#write(manifestFile, () => list, true);
    const kept = new Set([
      manifestFile,
      ...Object.values(this.#manifest).flatMap((file) => [file, `${file}.br`, `${file}.gz`]),
    ]);
    for (const file of await readdir(this.#directory))
      if (!kept.has(file)) await rm(join(this.#directory, file), { recursive: true });
  }

  /** Under another name first, so that nobody reads half of it. */
  async #write(file: string, make: () => Buffer | string | Promise<Buffer>, isNew = false): Promise<void> {
    const path = join(this.#directory, file);
    if (!isNew && existsSync(path)) return;
    const draft = `${path}.${process.pid}.draft`;
    await writeFile(draft, await make());
    await rename(draft, path);
  }
}
