import { randomBytes } from 'node:crypto';
import { and, asc, eq, inArray, isNotNull, ne, or } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { countForInsert } from '../../ground/db/limits.ts';
import { uniqueViolation } from '../../ground/db/pg-errors.ts';
import { domains } from '../../ground/db/schema.ts';
import type { Actor } from '../../ground/events/actor.ts';
import type { What } from '../../ground/events/happened.ts';
import { record } from '../../ground/events/record.ts';
import { Conflict, Invalid, NotFound } from '../../ground/text/errors.ts';
import { newId } from '../../ground/text/id.ts';
import type { Diagnosis } from '../dns/diagnosis.ts';
import { showHost } from '../dns/name.ts';
import { type Domain, domainColumns, isOwnDomain } from './queries.ts';
import { standingAfter } from './standing.ts';

/** A domain of a workspace, proved or not. */
export type Claim = Omit<Domain, 'workspaceId' | 'proofToken'> & { workspaceId: string; proofToken: string };

/** A claim after a check, and the ones of other workspaces that lost the host to it. */
export type Proved = Claim & { takenFrom: readonly Pick<Claim, 'id' | 'workspaceId'>[] };

/** Far above what a workspace needs; it keeps somebody from filling the table. */
export const maxClaims = 500;

/** As many banners are read; the page of domains has them all. */
const maxTroubled = 3;

/** A workspace's domains by name; removed ones are left out. */
export async function listClaims(db: Db, workspaceId: string): Promise<Claim[]> {
  const rows = await db
    .select(domainColumns)
    .from(domains)
    .where(and(eq(domains.workspaceId, workspaceId), ne(domains.state, 'removed')))
    .orderBy(asc(domains.host));
  return rows.map(claimOf);
}

/** Live domains whose records are wrong, and paused ones; few are shown where there are many. */
export async function listTroubledDomains(
  db: Db,
  workspaceId: string,
): Promise<{ id: string; shown: string; isPaused: boolean }[]> {
  const isFailing = and(eq(domains.state, 'live'), isNotNull(domains.failingSince));
  const rows = await db
    .select({ id: domains.id, host: domains.host, state: domains.state })
    .from(domains)
    .where(and(eq(domains.workspaceId, workspaceId), or(isFailing, eq(domains.state, 'paused'))))
    .orderBy(asc(domains.host))
    .limit(maxTroubled)
    .prepare('list-troubled-domains')
    .execute();
  return rows.map(({ id, host, state }) => ({ id, shown: showHost(host).shown, isPaused: state === 'paused' }));
}

/** @throws NotFound */
export async function getClaim(db: Db, workspaceId: string, claimId: string): Promise<Claim> {
  const [row] = await db.select(domainColumns).from(domains).where(isOwnDomain(workspaceId, claimId));
  if (!row) throw new NotFound('There is no such domain.');
  return claimOf(row);
}

/**
 * Claims a host. A claim without proof blocks nobody: several workspaces may wait for the same host. One that was removed
 * comes back with its token, its settings and its slugs.
 * @param host as readHost gives it
 * @param scheme of its links
 * @returns the claim, and whether it is new; the one that is there already is no fault
 * @throws Invalid (field `host`, code `domains_limit`)
 */
export async function claimDomain(
  db: Db,
  workspaceId: string,
  by: Actor,
  host: string,
  scheme: 'http' | 'https' = 'https',
): Promise<{ claim: Claim; isNew: boolean }> {
  return db.transaction(async (tx) => {
    const proofToken = randomBytes(16).toString('hex');
    await tx
      .insert(domains)
      .values({ id: newId(), host, scheme, workspaceId, proofToken, state: 'removed' })
      .onConflictDoNothing({ target: [domains.workspaceId, domains.host] });
    const isMeant = and(eq(domains.workspaceId, workspaceId), eq(domains.host, host));
    const [before] = await tx.select(domainColumns).from(domains).where(isMeant).for('update');
    if (before && before.state !== 'removed') return { claim: claimOf(before), isNew: false };
    if ((await countForInsert(tx, domains, workspaceId, ne(domains.state, 'removed'))) >= maxClaims)
      throw new Invalid(`A workspace has at most ${maxClaims} domains. Remove some first.`, {
        field: 'host',
        code: 'domains_limit',
      });
    const [revived] = await tx
      .update(domains)
      .set({ ...nothingKnown, state: 'waiting', scheme, proofToken: before?.proofToken ?? proofToken })
      .where(isMeant)
      .returning(domainColumns);
    if (!revived) throw new NotFound('There is no such domain.');
    const target = { id: revived.id, name: host };
    await record(tx, by, workspaceId, { what: 'domain.created', target, after: { host, scheme } });
    return { claim: claimOf(revived), isNew: true };
  });
}

const nothingKnown = { provedAt: null, checkedAt: null, failingSince: null, warnedAt: null, fault: null } as const;

/**
 * Makes of a claim what a check found (standingAfter). Who proves a host has it: another workspace keeps it only while
 * its own TXT record stands, and waits again otherwise.
 * @returns the claim as it is now; who lost the host is to be told (takeover-mail.ts)
 * @throws NotFound
 * @throws Conflict (field `host`, code `domain_taken`)
 */
export async function prove(
  db: Db,
  workspaceId: string,
  by: Actor,
  claimId: string,
  diagnosis: Diagnosis,
  now: Date,
): Promise<Proved> {
  try {
    return await db.transaction(async (tx) => {
      const { host } = await getClaim(tx, workspaceId, claimId);
      // All claims of the host, always in the same order: two that are proved at once wait for one another.
      const rivals = await tx
        .select(domainColumns)
        .from(domains)
        .where(eq(domains.host, host))
        .orderBy(domains.id)
        .for('update');
      const before = rivals.find((row) => row.id === claimId && row.workspaceId === workspaceId);
      if (!before || before.state === 'removed') throw new NotFound('There is no such domain.');
      const after = standingAfter(before, diagnosis, now);
      const others = rivals.filter((row) => row.id !== claimId);
      const takenFrom = after.state === 'live' ? await takeOver(tx, others, diagnosis) : [];
      const [row] = await tx
        .update(domains)
        .set({ ...after, checkedAt: now })
        .where(isOwnDomain(workspaceId, claimId))
        .returning(domainColumns);
      if (!row) throw new NotFound('There is no such domain.');
      const isOrWasLive = [before.state, after.state].includes('live');
      await record(tx, by, workspaceId, {
        what: whatOfCheck(before.state, after.state),
        target: { id: claimId, name: host },
        before: standingFields(before),
        after: standingFields(after),
        tells: after.state !== before.state && isOrWasLive ? [{ kind: 'domain', host }] : [],
      });
      // Another workspace learns that it lost the host, and not who has it.
      const server: Actor = { ...by, kind: 'server', id: null, name: 'check domains', userId: null, network: null };
      for (const claim of takenFrom)
        await record(tx, server, claim.workspaceId, {
          what: 'domain.lost',
          target: { id: claim.id, name: host },
          before: { state: claim.state },
          after: { state: 'waiting' },
        });
      return { ...claimOf(row), takenFrom };
    });
  } catch (error) {
    if (uniqueViolation(error) === 'domains_host') throw taken();
    throw error;
  }
}

function whatOfCheck(before: string, after: string): What {
  if (after === before) return 'domain.checked';
  return after === 'live' ? 'domain.proved' : 'domain.paused';
}

/** The fields of a domain that a check may change, without the clock of checks. */
const standingFields = ({ state, failingSince, fault }: Pick<Domain, 'state' | 'failingSince' | 'fault'>) => ({
  state,
  failingSince,
  fault,
});

/** Sends the holder back to waiting, unless it stands by its own record; the instance's own host is nobody's. */
async function takeOver(tx: Db, rivals: readonly Domain[], { proofs }: Diagnosis): Promise<Claim[]> {
  const holders = rivals.filter(
    ({ workspaceId, state }) => workspaceId === null || state === 'live' || state === 'paused',
  );
  if (holders.length === 0) return [];
  const hasProof = ({ workspaceId, proofToken }: Domain) =>
    workspaceId === null || (proofToken !== null && proofs?.includes(proofToken));
  if (holders.some(hasProof)) throw taken();
  await tx
    .update(domains)
    .set({ ...nothingKnown, state: 'waiting' })
    .where(
      inArray(
        domains.id,
        holders.map(({ id }) => id),
      ),
    );
  return holders.map(claimOf);
}

const taken = () =>
  new Conflict('Another workspace has this domain, and its TXT record is still there. Remove that record first.', {
    field: 'host',
    code: 'domain_taken',
  });

/** Rows of a workspace have both; only the instance's own has neither. */
export function claimOf({ workspaceId, proofToken, ...row }: Domain): Claim {
  if (workspaceId === null) throw new Error(`${row.host} is the instance's own domain.`);
  return { ...row, workspaceId, proofToken: proofToken ?? '' };
}
