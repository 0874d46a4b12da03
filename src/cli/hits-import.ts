import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { firstKeptDay } from '../visitors/clicks/late-hits.ts';
import { withConnection } from '../ground/db/connection.ts';
import type { Db } from '../ground/db/db.ts';
import { workspaces } from '../ground/db/schema.ts';
import { findOrMakeInstanceDomain } from '../domains/domains/queries.ts';
import { command } from '../ground/events/actor.ts';
import { importHits, type ImportedHits } from '../reports/imports/hits-import.ts';
import { formatNumber, plural } from '../ground/text/format.ts';
import { CommandRefused, defineCommand } from './command.ts';
import { withDatabase } from './database.ts';
import { type Progress, startProgress } from './progress.ts';

export const hitsImport = defineCommand({
  name: 'hits:import',
  summary: 'Put the hits of an export (CSV) into a workspace. Its reports then say the same again.',
  details: [
    'All hits are put in, or none. Those that are there already stay as they are, so it may be repeated. The server may',
    'run meanwhile. Links are found by id, then by short link; missing ones are made with their slugs, archived.',
    'Set the time zone of the workspace first: days are those of its calendar.',
  ].join('\n'),
  options: {
    workspace: { value: 'ID', says: 'Id or URL name of the workspace.', isRequired: true },
    file: { value: 'FILE', says: 'The exported file; - reads from standard input.', isRequired: true, isOperand: true },
    'dry-run': { value: '', says: 'Say what would be put in, and change nothing.' },
  },
  input: z.object({ workspace: z.string(), file: z.string(), 'dry-run': z.boolean().default(false) }),
  run: ({ workspace: wanted, file, 'dry-run': isDryRun }, isQuiet) =>
    withDatabase(async ({ db, url }, { shortUrl, retentionDays }) => {
      const workspaceId = await getWorkspaceId(db, wanted);
      if (!isDryRun) await findOrMakeInstanceDomain(db, shortUrl);
      const progress = startProgress(isQuiet);
      const now = new Date();
      try {
        const done = await withConnection(url, async (client) =>
          importHits(client, {
            workspaceId,
            by: command('hits:import'),
            bytes: await openFile(file, progress),
            bounds: { now, keptSince: retentionDays === null ? null : firstKeptDay(retentionDays, now) },
            isDryRun,
            onProgress: (lines, total) => progress.show('put in', lines, total),
          }),
        );
        return { json: { workspaceId, isDryRun, ...done }, text: sentenceOf(done, isDryRun) };
      } finally {
        progress.clear();
      }
    }),
});

function sentenceOf({ hits, added, linksMade }: ImportedHits, isDryRun: boolean): string {
  const known = hits - added;
  return [
    `${isDryRun ? 'Nothing was changed. ' : ''}${formatNumber(added)} of ${plural(hits, 'hit')} ${isDryRun ? 'would be' : added === 1 ? 'was' : 'were'} put in.`,
    ...(known > 0 ? [`${formatNumber(known)} ${known === 1 ? 'was' : 'were'} there already.`] : []),
    ...(linksMade > 0
      ? [
          `${plural(linksMade, 'link')} ${isDryRun ? 'would be' : linksMade === 1 ? 'was' : 'were'} made; restore those that should work again.`,
        ]
      : []),
  ].join(' ');
}

async function getWorkspaceId(db: Db, idOrSlug: string): Promise<string> {
  const isNamed = sql`${idOrSlug} in (${workspaces.id}, ${workspaces.slug})`;
  const [workspace] = await db.select({ id: workspaces.id }).from(workspaces).where(isNamed).limit(1);
  if (!workspace) throw new CommandRefused(`There is no workspace "${idOrSlug}".`);
  return workspace.id;
}

/** The bytes of a file, or of standard input, of which nobody knows how much there is to come. */
async function openFile(path: string, progress: Progress): Promise<AsyncIterable<Uint8Array>> {
  if (path === '-') return process.stdin;
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw new CommandRefused(`There is no file "${path}".`);
  return read(path, found.size, progress);
}

async function* read(path: string, size: number, progress: Progress): AsyncGenerator<Uint8Array> {
  let done = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Uint8Array>) {
    yield chunk;
    done += chunk.length;
    progress.show('read', done, size);
  }
}
