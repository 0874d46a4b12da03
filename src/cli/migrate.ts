import { z } from 'zod';
import { defineCommand } from './command.ts';
import { withDatabase } from './database.ts';
import { readMigrations } from './migrations.ts';

export const migrate = defineCommand({
  name: 'migrate',
  summary: 'Bring the database up to date. The server does it too, at each start.',
  options: {},
  input: z.object({}),
  run: () =>
    withDatabase(async ({ url }) => {
      const { known } = await readMigrations(url);
      return { json: { migrations: known }, text: `The database is up to date: ${known} migrations.` };
    }),
});
