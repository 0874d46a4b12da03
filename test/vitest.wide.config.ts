import { defineConfig } from 'vitest/config';
import everyCommit from './vitest.config.ts';

/** `npm run test:wide`: all that is combinatorial or large, walks pages in a browser or starts many servers; set up as `npm test`. */
export default defineConfig({
  ...everyCommit,
  test: {
    ...everyCommit.test,
    include: ['test/**/*.wide.ts', 'test/reports/counts/report-equals-rows.test.ts'],
    env: { TIER: 'wide' },
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
