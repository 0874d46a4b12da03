import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/setup/global.ts',
    setupFiles: 'test/setup/store-sql.ts',
    pool: 'forks',
    // Every file has databases and servers of its own, and nothing in src remembers anything beside them: our modules are
    // loaded once a worker, not once a file.
    isolate: false,
    // A test file mostly waits for Postgres or the browser, so three fit on two cores.
    maxWorkers: Math.max(3, availableParallelism()),
    // Ends what hangs; a busy machine must not come near them.
    testTimeout: 90_000,
    hookTimeout: 120_000,
    // What comes a moment later comes later still where a machine is busy.
    expect: { poll: { timeout: 30_000 } },
  },
});
