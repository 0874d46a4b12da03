import type { Config } from '../../config.ts';
import type { Db } from '../../ground/db/db.ts';
import { runAlone } from '../../ground/db/locks.ts';
import type { Job } from '../../ground/jobs/timetable.ts';
import type { Mailer } from '../../ground/mail/mailer.ts';
import { HOUR } from '../../ground/time/zoned-time.ts';
import { areAccountsLeaving, listDueAccounts, takeWarnedAccount } from './deletion-date.ts';
import { endAccount, eraseAccount } from './deletion.ts';
import { accountDeletionNearMail, accountStuckMail } from './emails.ts';

type Parts = { db: Db; mailer: Pick<Mailer, 'enqueue'>; config: Pick<Config, 'appUrl'> };

/** Accounts whose owners asked for their deletion. */
export const accountDeletionJobs = (parts: Parts): Job[] => [
  { name: 'delete accounts', everyMs: 60_000, mayTakeMs: HOUR, run: () => deleteDueAccounts(parts) },
];

/**
 * Tells owners a day before, ends accounts on their day, and erases those that are ended. Each step can be repeated.
 * @throws what went wrong first, after all others had their turn
 */
export async function deleteDueAccounts({ db, mailer, config }: Parts): Promise<void> {
  if (!(await areAccountsLeaving(db))) return;
  const failures: unknown[] = [];
  const orNote = (work: Promise<unknown>) => work.catch((error: unknown) => failures.push(error));
  const url = `${config.appUrl}/account/delete`;
  await runAlone(db, 'waymark deletions of accounts', async () => {
    while (await warnOwner({ db, mailer, url }));
    const before = await listDueAccounts(db);
    for (const id of before.due)
      await orNote(
        endAccount(db, id, async (tx, account, stuck) => {
          await mailer.enqueue(tx, accountStuckMail(account, stuck, url));
        }),
      );
    for (const account of (await listDueAccounts(db)).ended) await orNote(eraseAccount(db, account));
  });
  if (failures.length > 0) throw failures[0];
}

/** @returns false when there was nobody to tell */
const warnOwner = ({ db, mailer, url }: Pick<Parts, 'db' | 'mailer'> & { url: string }): Promise<boolean> =>
  db.transaction(async (tx) => {
    const account = await takeWarnedAccount(tx);
    if (account) await mailer.enqueue(tx, accountDeletionNearMail(account, url));
    return account !== undefined;
  });
