import { resolvePeriod } from '../analytics/period.ts';
import { loadReport } from '../analytics/report.ts';
import { reportPage } from '../analytics/report-page.ts';
import { placeOf } from '../analytics/subjects.ts';
import type { Config } from '../config.ts';
import type { Db } from '../db/db.ts';
import type { Job } from '../jobs/timetable.ts';
import type { Mailer } from '../mail/mailer.ts';
import { lastDayOf } from './calendar.ts';
import { reportMail } from './emails.ts';
import { claimDueMailing, type DueMailing } from './queries.ts';
import { mailingToken } from './token.ts';

type Parts = { db: Db; mailer: Mailer; config: Pick<Config, 'appUrl' | 'secret'> };

/**
 * Mails every report that is due. Each is claimed, sent and committed by itself: nodes never send the same one, and one
 * that cannot be made holds up no other.
 * @returns how many were sent
 * @throws what went wrong first, after all others were sent
 */
export async function sendDueMailings(parts: Parts, now: Date): Promise<number> {
  const failed: string[] = [];
  const errors: unknown[] = [];
  let sent = 0;
  for (;;) {
    let due: DueMailing | undefined;
    try {
      due = await parts.db.transaction(async (tx) => {
        due = await claimDueMailing(tx, now, failed);
        if (due) await send(parts, due, now);
        return due;
      });
      if (!due) break;
      sent++;
    } catch (error) {
      errors.push(error);
      if (!due) break;
      failed.push(due.id);
    }
  }
  if (errors.length > 0) throw errors[0];
  return sent;
}

async function send({ db, mailer, config }: Parts, due: DueMailing, now: Date): Promise<void> {
  const { id, workspaceId, workspaceSlug, timeZone, subject, about, every, recipient, isMember, period: first } = due;
  const last = lastDayOf(every, first);
  const period = resolvePeriod({ from: first, to: last, timeZone, now });
  const report = await loadReport(db, workspaceId, subject, period);
  await mailer.send(
    reportMail({
      to: recipient,
      subject: about,
      every,
      page: reportPage(report),
      reportUrl: isMember ? `${config.appUrl}/w/${workspaceSlug}/${placeOf(subject)}?from=${first}&to=${last}` : null,
      stopUrl: `${config.appUrl}/mailings/${id}/${mailingToken(config.secret, id)}`,
    }),
  );
}

/** For the timetable: looks every minute. */
export function mailingJobs(parts: Parts): Job[] {
  return [{ name: 'mail reports', everyMs: 60_000, run: () => sendDueMailings(parts, new Date()) }];
}
