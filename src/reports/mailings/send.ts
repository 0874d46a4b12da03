import { reportHref } from '../addresses/address.ts';
import { describeFilters, readKeptFilters } from '../pages/kept-filters.ts';
import { resolvePeriod } from '../counts/period.ts';
import { loadReport } from '../counts/report.ts';
import { reportPage } from '../pages/report-page.ts';
import { reportPath } from '../counts/subjects.ts';
import type { Config } from '../../config.ts';
import type { Db } from '../../ground/db/db.ts';
import type { Job } from '../../ground/jobs/timetable.ts';
import type { Mailer } from '../../ground/mail/mailer.ts';
import { lastDayOf } from './calendar.ts';
import { narrowedName, reportMail } from './emails.ts';
import { claimDueMailing, type DueMailing, noteMail, settleMailings } from './queries.ts';
import { mailingToken } from './token.ts';

type Parts = { db: Db; mailer: Mailer; config: Pick<Config, 'appUrl' | 'secret'> };

/**
 * Mails every report that is due. Each is claimed and put into the outbox in a transaction of its own: nodes never send
 * the same one, and one that cannot be made holds up no other. It counts as sent once the mail server has taken it.
 * @returns how many were written
 * @throws what went wrong first, after all others were written
 */
export async function sendDueMailings(parts: Parts, now: Date): Promise<number> {
  const failed: string[] = [];
  const errors: unknown[] = [];
  let sent = 0;
  for (;;) {
    let due: DueMailing | undefined;
    let mailId: number | undefined;
    try {
      due = await parts.db.transaction(async (tx) => {
        due = await claimDueMailing(tx, now, failed);
        mailId = due && (await write(parts, tx, due, now));
        return due;
      });
      if (!due) break;
      if (mailId === undefined) continue;
      sent++;
      await parts.mailer.deliver(mailId);
    } catch (error) {
      errors.push(error);
      if (!due) break;
      failed.push(due.id);
    }
  }
  await settleMailings(parts.db);
  if (errors.length > 0) throw errors[0];
  return sent;
}

async function write({ db, mailer, config }: Parts, tx: Db, due: DueMailing, now: Date): Promise<number | undefined> {
  const { id, workspaceId, workspaceSlug, timeZone, subject, about, every, recipient, isMember, period: first } = due;
  const last = lastDayOf(every, first);
  const period = resolvePeriod({ from: first, to: last, timeZone, now });
  const filters = readKeptFilters(due.filters);
  // Without filters that exist no more it would say more than was meant: this week or month has no report.
  if (!filters) return undefined;
  const report = await loadReport(db, workspaceId, subject, period, filters);
  const chips = await describeFilters(db, workspaceId, filters);
  const mailId = await mailer.enqueue(
    tx,
    reportMail({
      to: recipient,
      subject: narrowedName(about, chips),
      every,
      page: reportPage(report),
      reportUrl: isMember
        ? config.appUrl + reportHref(`/w/${workspaceSlug}/${reportPath(subject)}`, { from: first, to: last, filters })
        : null,
      stopUrl: `${config.appUrl}/mailings/${id}/${mailingToken(config.secret, id)}`,
    }),
  );
  await noteMail(tx, due, mailId);
  return mailId;
}

/** For the timetable: looks every minute. */
export function mailingJobs(parts: Parts): Job[] {
  return [{ name: 'mail reports', everyMs: 60_000, run: (now) => sendDueMailings(parts, now) }];
}
