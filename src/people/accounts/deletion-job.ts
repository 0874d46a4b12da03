import type { Config } from '../../config.ts';
import type { Db } from '../../ground/db/db.ts';
import type { Job } from '../../ground/jobs/timetable.ts';
import type { Mailer } from '../../ground/mail/mailer.ts';
import { deletionJob } from '../workspaces/leaving.ts';
import { endAccount, eraseAccount } from './deletion.ts';
import { accountDeletionNearMail, accountStuckMail } from './emails.ts';
import { lockUser } from './queries.ts';

type Parts = { db: Db; mailer: Pick<Mailer, 'enqueue'>; config: Pick<Config, 'appUrl'> };

/** Accounts whose owners asked for their deletion. */
export function accountDeletionJob({ db, mailer, config }: Parts): Job {
  const url = `${config.appUrl}/account/delete`;
  return deletionJob(db, 'account', {
    async warn(tx, id, deletionAt) {
      const account = await lockUser(tx, id);
      if (account) await mailer.enqueue(tx, accountDeletionNearMail({ ...account, deletionAt }, url));
    },
    end: (id) =>
      endAccount(db, id, async (tx, account, stuck) => {
        await mailer.enqueue(tx, accountStuckMail(account, stuck, url));
      }),
    erase: (id) => eraseAccount(db, id),
    settledSeconds: 0,
  });
}
