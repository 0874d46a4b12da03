import { defineConfig } from 'vitest/config';
import everyCommit from './vitest.config.ts';

/** `npm run test:wide`: all that is combinatorial or large, with the set-up of `npm test`. */
export default defineConfig({
  ...everyCommit,
  test: { ...everyCommit.test, include: ['test/**/*.wide.ts'], testTimeout: 300_000, hookTimeout: 300_000 },
});
