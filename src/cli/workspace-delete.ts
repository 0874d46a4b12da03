import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { command } from '../ground/events/actor.ts';
import { formatNumber, plural } from '../ground/text/format.ts';
import { deleteContents, endWorkspace, findContents, type WorkspaceContents } from '../people/workspaces/deletion.ts';
import { deleteHits } from '../visitors/upkeep/removal.ts';
import { CommandRefused, defineCommand } from './command.ts';
import { withDatabase } from './database.ts';
import { startProgress } from './progress.ts';

/** By then every node has heard that the links are gone, in milliseconds. */
const newsMs = 3_000;

export const workspaceDelete = defineCommand({
  name: 'workspace:delete',
  summary: 'Delete a workspace with its links, clicks and reports, for good.',
  details: [
    'Its links stop working at once, and others may take their words on a shared domain. Accounts of its members stay.',
    'The server may run meanwhile, and a large workspace may take minutes: stopped before its end, it goes on when it is run again.',
    'Clicks that wait in a spool come in later: run this when none wait.',
    'That it was deleted, under which name and when, is kept among the events of the instance.',
  ].join('\n'),
  options: {
    workspace: { value: 'WORKSPACE', says: 'Id or URL name of the workspace.', isRequired: true, isOperand: true },
    'dry-run': { value: '', says: 'Say what would be deleted, and change nothing.' },
    yes: { value: '', says: 'Delete it.' },
  },
  input: z.object({
    workspace: z.string(),
    'dry-run': z.boolean().default(false),
    yes: z.boolean().default(false),
  }),
  run: ({ workspace, 'dry-run': isDryRun, yes: isMeant }, isQuiet) =>
    withDatabase(async ({ db }) => {
      const contents = await findContents(db, workspace);
      if (!contents) throw new CommandRefused(`There is no workspace "${workspace}".`);
      const json = { ...contents, isDryRun };
      if (isDryRun) return { json, text: `Nothing was changed. This would delete ${listOf(contents)}.` };
      if (!isMeant) {
        if (contents.isBegun) throw new CommandRefused(`Its deletion was begun. Say --yes to finish it.`);
        throw new CommandRefused(
          `This deletes ${listOf(contents)}, for good. Say --yes to do it; nothing was changed.`,
        );
      }
      const by = command('workspace:delete');
      await endWorkspace(db, contents.id, by);
      await sleep(newsMs);
      const progress = startProgress(isQuiet);
      const done = { hits: 0, links: 0 };
      await deleteContents(db, contents.id, by, ({ what, deleted }) => {
        done[what] += deleted;
        progress.show(what, Math.min(done[what], contents[what]), Math.max(1, contents[what]));
      });
      progress.clear();
      // Visits that a node recorded before it heard of the deletion.
      await sleep(newsMs);
      await deleteHits(db, contents.id);
      return { json, text: `Deleted: ${listOf(contents)}.` };
    }),
});

function listOf({ name, slug, members, links, hits, domains }: WorkspaceContents): string {
  const hosts = domains.length === 0 ? '' : `, the domains ${domains.join(', ')}`;
  return `the workspace "${name}" (${slug}) of ${plural(members, 'member')}, with ${plural(links, 'link')}${hosts} and ${formatNumber(hits)} hits`;
}
