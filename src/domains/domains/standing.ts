import { DAY } from '../../ground/time/zoned-time.ts';
import type { Domain } from './queries.ts';
import { type Diagnosis, isReady } from '../dns/diagnosis.ts';

/** How long the records of a proved domain may be missing before it is paused, in milliseconds. */
export const PATIENCE = 7 * DAY;

/** The fields of a claim that checks change. */
export type DomainStanding = Pick<Domain, 'state' | 'provedAt' | 'failingSince' | 'warnedAt' | 'fault'>;

/**
 * What a check makes of a claim: waiting and paused domains go live when nothing is missing; a live one is paused when its
 * proof or target has been missing for PATIENCE. A check that got no answer decides nothing.
 */
export function standingAfter(before: DomainStanding, diagnosis: Diagnosis, now: Date): DomainStanding {
  const [worst] = diagnosis.faults;
  const fault = worst?.code ?? null;
  const { state } = before;
  if (state === 'removed' || worst?.weight === 'unknown')
    return { ...before, fault: state === 'waiting' ? fault : before.fault };
  if (isReady(diagnosis)) {
    const provedAt = state === 'waiting' ? now : before.provedAt;
    return { state: 'live', provedAt, failingSince: null, warnedAt: null, fault };
  }
  if (state === 'waiting') return { ...before, fault };
  if (worst?.weight === 'harms') return { ...before, failingSince: null, warnedAt: null, fault, state: 'live' };
  const failingSince = before.failingSince ?? now;
  const isOver = now.getTime() - failingSince.getTime() >= PATIENCE;
  return { ...before, failingSince, fault, state: isOver ? 'paused' : state };
}
