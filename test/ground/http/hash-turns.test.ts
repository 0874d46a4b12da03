import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { hashOf } from '../../../src/people/accounts/password.ts';

it('leaves threads of this process to files, however many passwords are asked for', async () => {
  let hashed = 0;
  // On a busy machine the last of them are refused, because no turn comes in time.
  const all = Promise.allSettled(Array.from({ length: 24 }, () => hashOf('correct horse').then(() => hashed++)));
  await writeFile(join(tmpdir(), `waymark-hash-turns-${process.pid}`), 'a click');
  // Node takes files and hashes in the order of asking: behind all of them the file would come last.
  expect(hashed).toBeLessThan(6);
  await all;
  expect(hashed).toBeGreaterThan(0);
});
