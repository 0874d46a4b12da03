import { randomBytes } from 'node:crypto';
import { and, desc, eq, isNull, lt, or } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { countForInsert } from '../../ground/db/limits.ts';
import { apiKeys, members, users, workspaces } from '../../ground/db/schema.ts';
import type { Actor } from '../../ground/events/actor.ts';
import { record } from '../../ground/events/record.ts';
import { Invalid, NotFound } from '../../ground/text/errors.ts';
import { newId } from '../../ground/text/id.ts';
import { hashOfSecret } from '../../ground/text/secret.ts';
import { type Membership, workspaceColumns } from '../workspaces/queries.ts';
import { mayDo, type Role } from '../workspaces/roles.ts';
import { zoneOrUtc } from '../../ground/time/zoned-time.ts';

/** `wm_` and four characters: enough to tell one's keys apart, and 232 bits stay secret. */
const prefixLength = 7;

/** Far above what a workspace needs; it keeps somebody from filling the table. */
const maxKeys = 50;

/** How exact "last used" is; it spares a write for all other requests. */
const lastUsedEveryMs = 60_000;

export type ApiKey = {
  id: string;
  name: string;
  prefix: string;
  /** Name of the person; null for keys of the instance. */
  createdBy: string | null;
  /** Its maker has left the workspace or may make no keys any more: it opens nothing until they may again. */
  isStopped: boolean;
  createdAt: Date;
  lastUsedAt: Date | null;
};

export type KeyHolder = {
  keyId: string;
  keyName: string;
  /** The account of the person who made it; null for keys of the instance. */
  makerId: string | null;
  lastUsedAt: Date | null;
  /** Current role of the person who made the key; keys without a maker act as a member. */
  workspace: Membership;
};

const isMakersMembership = and(eq(members.workspaceId, apiKeys.workspaceId), eq(members.userId, apiKeys.createdBy));

/** Whether somebody who may make keys stands behind a key. One that nobody made is the instance's own, and a member. */
function isBacked(maker: { id: string | null; role: Role | null }): boolean {
  return maker.id === null || (maker.role !== null && mayDo(maker.role, 'makeKeys'));
}

/** A key as programs send it. */
export const keyOf = (secret: Buffer): string => `wm_${secret.toString('base64url')}`;

/**
 * Makes a key of a workspace, which is that of the person behind it.
 * @param input.secret 32 bytes that nobody can guess
 * @returns the key itself, which is kept nowhere
 * @throws Invalid (field `name`, code `keys_limit`)
 */
export async function insertApiKey(
  db: Db,
  workspaceId: string,
  by: Actor,
  { name, secret = randomBytes(32) }: { name: string; secret?: Buffer },
): Promise<{ id: string; key: string }> {
  const id = newId();
  const key = keyOf(secret);
  await db.transaction(async (tx) => {
    if ((await countForInsert(tx, apiKeys, workspaceId)) >= maxKeys)
      throw new Invalid(`A workspace has at most ${maxKeys} keys. Delete some first.`, {
        field: 'name',
        code: 'keys_limit',
      });
    const prefix = key.slice(0, prefixLength);
    await tx.insert(apiKeys).values({ id, workspaceId, createdBy: by.userId, name, hash: hashOfSecret(key), prefix });
    await record(tx, by, workspaceId, { what: 'key.created', target: { id, name }, after: { name, prefix } });
  });
  return { id, key };
}

/** The keys of a workspace, the newest first. */
export async function listApiKeys(db: Db, workspaceId: string): Promise<ApiKey[]> {
  const keys = await db
    .select({
      id: apiKeys.id,
      name: apiKeys.name,
      prefix: apiKeys.prefix,
      createdBy: users.name,
      createdAt: apiKeys.createdAt,
      lastUsedAt: apiKeys.lastUsedAt,
      maker: { id: apiKeys.createdBy, role: members.role },
    })
    .from(apiKeys)
    .leftJoin(users, eq(users.id, apiKeys.createdBy))
    .leftJoin(members, isMakersMembership)
    .where(eq(apiKeys.workspaceId, workspaceId))
    .orderBy(desc(apiKeys.createdAt), desc(apiKeys.id));
  return keys.map(({ maker, ...key }) => ({ ...key, isStopped: !isBacked(maker) }));
}

/** Whether the workspace has that key. */
export async function isApiKey(db: Db, workspaceId: string, keyId: string): Promise<boolean> {
  const found = await db
    .select({ id: apiKeys.id })
    .from(apiKeys)
    .where(and(eq(apiKeys.workspaceId, workspaceId), eq(apiKeys.id, keyId)));
  return found.length > 0;
}

/**
 * Ends a key at once.
 * @returns its name
 * @throws NotFound when the workspace has no such key
 */
export async function removeApiKey(db: Db, workspaceId: string, by: Actor, keyId: string): Promise<string> {
  return db.transaction(async (tx) => {
    const [before] = await tx
      .delete(apiKeys)
      .where(and(eq(apiKeys.workspaceId, workspaceId), eq(apiKeys.id, keyId)))
      .returning({ name: apiKeys.name, prefix: apiKeys.prefix });
    if (!before) throw new NotFound('There is no such key. It may have been deleted already.');
    await record(tx, by, workspaceId, { what: 'key.deleted', target: { id: keyId, name: before.name }, before });
    return before.name;
  });
}

/** Whose key it is, by one look into the index of hashes; undefined when it is nobody's, or stopped. */
export async function findKeyHolder(db: Db, key: string): Promise<KeyHolder | undefined> {
  const [holder] = await db
    .select({
      keyId: apiKeys.id,
      keyName: apiKeys.name,
      lastUsedAt: apiKeys.lastUsedAt,
      workspace: workspaceColumns,
      maker: { id: apiKeys.createdBy, role: members.role },
    })
    .from(apiKeys)
    .innerJoin(workspaces, eq(workspaces.id, apiKeys.workspaceId))
    .leftJoin(members, isMakersMembership)
    .where(eq(apiKeys.hash, hashOfSecret(key)));
  if (!holder || !isBacked(holder.maker)) return undefined;
  const { keyId, keyName, lastUsedAt, workspace, maker } = holder;
  return {
    keyId,
    keyName,
    makerId: maker.id,
    lastUsedAt,
    workspace: { ...workspace, timeZone: zoneOrUtc(workspace.timeZone), role: maker.role ?? 'member' },
  };
}

/** Notes that a key was used, at most once a minute. */
export async function updateLastUsed(db: Db, workspaceId: string, holder: KeyHolder, now: Date): Promise<void> {
  const before = new Date(now.getTime() - lastUsedEveryMs);
  if (holder.lastUsedAt && holder.lastUsedAt >= before) return;
  await db
    .update(apiKeys)
    .set({ lastUsedAt: now })
    .where(
      and(
        eq(apiKeys.workspaceId, workspaceId),
        eq(apiKeys.id, holder.keyId),
        or(isNull(apiKeys.lastUsedAt), lt(apiKeys.lastUsedAt, before)),
      ),
    );
}
