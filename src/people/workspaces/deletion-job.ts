import type { Config } from '../../config.ts';
import type { Db } from '../../ground/db/db.ts';
import { runAlone } from '../../ground/db/locks.ts';
import { serverJob } from '../../ground/events/actor.ts';
import type { Job } from '../../ground/jobs/timetable.ts';
import type { Mailer } from '../../ground/mail/mailer.ts';
import { HOUR } from '../../ground/time/zoned-time.ts';
import { areWorkspacesLeaving, listDueWorkspaces, listEndedWorkspaces, takeWarnedWorkspace } from './deletion-date.ts';
import { deleteContents, endWorkspace } from './deletion.ts';
import { deletionNearMail } from './emails.ts';
import { listAddressesByRight } from './members.ts';

type Parts = { db: Db; mailer: Pick<Mailer, 'enqueue'>; config: Pick<Config, 'appUrl'> };

/** Nodes that hear of nothing look links up again within a minute, and hits wait for rows for seconds. */
const settledSeconds = 120;

/** Workspaces whose owners asked for their deletion on a page. */
export const workspaceDeletionJobs = (parts: Parts): Job[] => [
  {
    name: 'delete workspaces',
    everyMs: 60_000,
    // A large one takes minutes.
    mayTakeMs: HOUR,
    run: () => deleteDueWorkspaces(parts),
  },
];

/**
 * Tells owners a day before, ends workspaces on their day, and deletes what they held. Each step can be repeated: after a
 * crash the next run, of whichever node, goes on where this one stopped.
 * @throws what went wrong first, after all others had their turn
 */
export async function deleteDueWorkspaces({ db, mailer, config }: Parts): Promise<void> {
  if (!(await areWorkspacesLeaving(db))) return;
  const by = serverJob('delete workspaces');
  const failures: unknown[] = [];
  const each = async (ids: readonly string[], work: (id: string) => Promise<void>) => {
    for (const id of ids) await work(id).catch((error: unknown) => failures.push(error));
  };
  await runAlone(db, 'waymark deletions of workspaces', async () => {
    while (await warnOwners({ db, mailer, config }));
    await each(await listDueWorkspaces(db), (id) => endWorkspace(db, id, by, { ifDue: true }));
    await each(await listEndedWorkspaces(db, settledSeconds), (id) => deleteContents(db, id, by));
  });
  if (failures.length > 0) throw failures[0];
}

/** @returns false when there was nobody to tell */
const warnOwners = ({ db, mailer, config }: Parts): Promise<boolean> =>
  db.transaction(async (tx) => {
    const workspace = await takeWarnedWorkspace(tx);
    if (!workspace) return false;
    const url = `${config.appUrl}/w/${workspace.slug}/settings#delete`;
    for (const to of await listAddressesByRight(tx, workspace.id, 'deleteWorkspace'))
      await mailer.enqueue(tx, deletionNearMail({ to, workspace, url }));
    return true;
  });
