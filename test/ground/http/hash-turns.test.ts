import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { hashOf } from '../../../src/people/accounts/password.ts';

it('leaves threads of this process to files, however many passwords are asked for', async () => {
  let hashed = 0;
  const all = Array.from({ length: 24 }, () => hashOf('correct horse').then(() => hashed++));
  await writeFile(join(tmpdir(), `waymark-hash-turns-${process.pid}`), 'a click');
  // Node takes files and hashes in the order of asking: behind all of them the file would come last.
  expect(hashed).toBeLessThan(6);
  await Promise.all(all);
});
