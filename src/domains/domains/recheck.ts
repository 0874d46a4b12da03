import type { Config } from '../../config.ts';
import type { Db } from '../../ground/db/db.ts';
import type { Job } from '../../ground/jobs/timetable.ts';
import type { Mailer } from '../../ground/mail/mailer.ts';
import { serverJob } from '../../ground/events/actor.ts';
import { listAddressesByRight } from '../../people/workspaces/members.ts';
import { DAY, HOUR } from '../../ground/time/zoned-time.ts';
import { type Claim, prove } from './claims.ts';
import { type Diagnosis, diagnose } from '../dns/diagnosis.ts';
import type { Dns } from '../dns/dns.ts';
import { claimDueChecks, type DueCheck, postponeCheck, takeWarning } from './due-checks.ts';
import { pausedMail, warningMail } from './emails.ts';
import { AppError } from '../../ground/text/errors.ts';
import { targetOf } from '../dns/place.ts';

type Parts = { db: Db; mailer: Mailer; config: Pick<Config, 'appUrl' | 'shortUrl'>; dns: Dns };

/** How many domains are looked at side by side. */
const atOnce = 20;

/**
 * Looks at every live and paused domain that was not looked at for a day. Each is taken by one node. Who looks after one
 * that fails is told by mail when it still does a day later, and again when it is paused.
 * @returns how many were looked at
 * @throws what went wrong first, after all others were looked at
 */
export async function recheckDomains(parts: Parts, now: Date): Promise<number> {
  const errors: unknown[] = [];
  for (let looked = 0; ; ) {
    const due = await claimDueChecks(parts.db, now, atOnce);
    const outcomes = await Promise.allSettled(due.map((check) => recheck(parts, check, now)));
    for (const outcome of outcomes) if (outcome.status === 'rejected') errors.push(outcome.reason);
    looked += due.length;
    if (due.length === atOnce) continue;
    if (errors.length > 0) throw errors[0];
    return looked;
  }
}

async function recheck({ db, mailer, config, dns }: Parts, due: DueCheck, now: Date): Promise<void> {
  const diagnosis = await diagnose(due, targetOf(config), dns);
  const claim = await proveAgain(db, due, diagnosis, now);
  if (!claim) return;
  // DNS that does not answer says nothing: it is asked again in an hour.
  if (!diagnosis.proofs) await postponeCheck(db, due, new Date(now.getTime() - DAY + HOUR));
  const isPaused = due.state === 'live' && claim.state === 'paused';
  const isFailing = claim.state === 'live' && claim.failingSince && now.getTime() - claim.failingSince.getTime() >= DAY;
  const isNews = isPaused || (isFailing && (await takeWarning(db, due, now)));
  if (!isNews) return;
  const url = `${config.appUrl}/w/${due.workspaceSlug}/domains/${due.id}`;
  const makeMail = isPaused ? pausedMail : warningMail;
  for (const to of await listAddressesByRight(db, due.workspaceId, 'manageDomains'))
    await mailer.send(makeMail({ to, claim, diagnosis, url, now }));
}

/** Undefined when it was removed meanwhile, or a host that somebody else took over. */
async function proveAgain(db: Db, due: DueCheck, diagnosis: Diagnosis, now: Date): Promise<Claim | undefined> {
  try {
    return await prove(db, due.workspaceId, serverJob('check domains'), due.id, diagnosis, now);
  } catch (error) {
    if (error instanceof AppError && (error.status === 404 || error.status === 409)) return undefined;
    throw error;
  }
}

/** For the timetable: looks every five minutes which are due. */
export function domainJobs(parts: Parts): Job[] {
  return [{ name: 'check domains', everyMs: 300_000, run: (now) => recheckDomains(parts, now) }];
}
