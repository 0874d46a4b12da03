import { eq } from 'drizzle-orm';
import type { Config } from '../../config.ts';
import type { Db } from '../../ground/db/db.ts';
import { workspaces } from '../../ground/db/schema.ts';
import { serverJob } from '../../ground/events/actor.ts';
import type { Job } from '../../ground/jobs/timetable.ts';
import type { Mailer } from '../../ground/mail/mailer.ts';
import { deleteContents, endWorkspace } from './deletion.ts';
import { deletionNearMail } from './emails.ts';
import { deletionJob } from './leaving.ts';
import { listAddressesByRight } from './members.ts';

type Parts = { db: Db; mailer: Pick<Mailer, 'enqueue'>; config: Pick<Config, 'appUrl'> };

const by = serverJob('delete workspaces');

/** Workspaces whose owners asked for their deletion on a page. */
export const workspaceDeletionJob = ({ db, mailer, config }: Parts): Job =>
  deletionJob(db, 'workspace', {
    async warn(tx, id, deletionAt) {
      const { name, slug, timeZone } = workspaces;
      const [found] = await tx.select({ name, slug, timeZone }).from(workspaces).where(eq(workspaces.id, id));
      if (!found) return;
      const url = `${config.appUrl}/w/${found.slug}/settings#delete`;
      for (const to of await listAddressesByRight(tx, id, 'deleteWorkspace'))
        await mailer.enqueue(tx, deletionNearMail({ to, workspace: { ...found, deletionAt }, url }));
    },
    end: (id) => endWorkspace(db, id, by, { ifDue: true }),
    erase: (id) => deleteContents(db, id, by),
    // Nodes that hear of nothing look links up again within a minute, and hits wait for rows for seconds.
    settledSeconds: 120,
  });
