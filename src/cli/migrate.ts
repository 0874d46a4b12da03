import { z } from 'zod';
import { listKeptSlugs } from '../links/links/kept-slugs.ts';
import { warningAboutKept } from '../ground/addresses/kept-words.ts';
import { plural } from '../ground/text/format.ts';
import { defineCommand } from './command.ts';
import { withDatabase } from './database.ts';
import { readMigrations } from './migrations.ts';

export const migrate = defineCommand({
  name: 'migrate',
  summary: 'Bring the database up to date. The server does it too, at each start.',
  options: {},
  input: z.object({}),
  run: () =>
    withDatabase(async ({ db, url }) => {
      const { known } = await readMigrations(url);
      const keptSlugs = await listKeptSlugs(db);
      const lines = [`The database is up to date: ${plural(known, 'migration')}.`, warningAboutKept(keptSlugs)];
      return { json: { migrations: known, keptSlugs }, text: lines.filter(Boolean).join('\n') };
    }),
});
