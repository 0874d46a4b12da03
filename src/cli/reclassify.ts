import { z } from 'zod';
import { rules } from '../visitors/machines/classify.ts';
import { reclassifyHits, changesSentence } from '../visitors/upkeep/reclassify.ts';
import { formatNumber } from '../ground/text/format.ts';
import { defineCommand } from './command.ts';
import { withDatabase } from './database.ts';
import { startProgress } from './progress.ts';

const instant = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })], 'Use a day such as 2026-10-01, or an instant with its zone.')
  .transform((text) => new Date(text));

export const reclassify = defineCommand({
  name: 'reclassify',
  summary: "Run today's rules over past hits, and put the reports right.",
  details: [
    'For after an update whose notes say that rules changed. The server may run meanwhile. It may be stopped at any time:',
    'the next run goes on from there. Each workspace whose figures change gets a note.',
  ].join('\n'),
  options: {
    since: { value: 'DAY', says: 'Only hits from this day on (UTC); all of them when left out.' },
    'dry-run': { value: '', says: 'Say what would change, and change nothing.' },
  },
  input: z.object({ since: instant.optional(), 'dry-run': z.boolean().default(false) }),
  run: ({ since, 'dry-run': isDryRun }, isQuiet) =>
    withDatabase(async ({ db }) => {
      const progress = startProgress(isQuiet);
      const { hits, resumedAfter, moved } = await reclassifyHits(db, {
        rules,
        since: since ?? null,
        isDryRun,
        now: new Date(),
        onProgress: (done, total) => progress.show('hits', Math.min(done, total), Math.max(total, 1)),
      });
      progress.clear();
      const looked = `Looked at ${formatNumber(hits)} hits${resumedAfter ? `, after ${formatNumber(resumedAfter)} of a run before` : ''}.`;
      return {
        json: { rules: rules.version, isDryRun, hits, resumedAfter, moved },
        text: `${looked} ${isDryRun ? 'Nothing was changed; this would be the note: ' : ''}${changesSentence(moved, rules.version)}`,
      };
    }),
});
