import { eq } from 'drizzle-orm';
import type { Config } from '../../config.ts';
import type { Db } from '../../ground/db/db.ts';
import { workspaces } from '../../ground/db/schema.ts';
import type { Mailer } from '../../ground/mail/mailer.ts';
import { listAddressesByRight } from '../../people/workspaces/members.ts';
import type { Proved } from './claims.ts';
import { takenOverMail } from './emails.ts';

type Parts = { db: Db; mailer: Mailer; config: Pick<Config, 'appUrl'> };

/** Tells the people who looked after a host that another workspace has proved it. After the commit, so that it is true. */
export async function mailTakeover({ db, mailer, config }: Parts, { host, takenFrom }: Proved): Promise<void> {
  for (const { id, workspaceId } of takenFrom) {
    const [workspace] = await db
      .select({ slug: workspaces.slug })
      .from(workspaces)
      .where(eq(workspaces.id, workspaceId));
    const url = `${config.appUrl}/w/${workspace?.slug ?? ''}/domains/${id}`;
    for (const to of await listAddressesByRight(db, workspaceId, 'manageDomains'))
      await mailer.send(takenOverMail({ to, host, url }));
  }
}
