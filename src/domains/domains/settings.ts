import { and, eq, sql } from 'drizzle-orm';
import { composedLine } from '../../ground/text/composed.ts';
import type { Db } from '../../ground/db/db.ts';
import type { Announcement } from '../../ground/db/notify.ts';
import { domains, workspaces } from '../../ground/db/schema.ts';
import type { Actor } from '../../ground/events/actor.ts';
import { record } from '../../ground/events/record.ts';
import { Invalid, NotFound, readAs } from '../../ground/text/errors.ts';
import { type Claim, claimOf } from './claims.ts';
import { findLogoName, type Logo, logoColumns, logoName } from './logo.ts';
import { type Domain, domainColumns, isCustomHost, isOwnDomain } from './queries.ts';

export const settingNames = [
  'rootUrl',
  'notFoundUrl',
  'expiredUrl',
  'brandName',
  'brandColor',
  'redirectStatus',
  'referrerPolicy',
  'isIndexed',
  'robotsTxt',
  'appleAppSiteAssociation',
  'assetLinks',
  'isCaseSensitive',
] as const;

/** An admin's decisions for the visitors of a domain; null leaves one to us. */
export type DomainSettings = Pick<Domain, (typeof settingNames)[number]>;

/** A domain of a workspace, and whether new links go there unless somebody says otherwise. */
export type OwnDomain = Claim & { isDefault: boolean };

/** Settings as a person or a program typed them; what is empty is not set, what is left out stays as it is. */
export type TypedSettings = { [Name in keyof DomainSettings]?: DomainSettings[Name] | string | undefined };

/** Functions that reading settings needs. The rules of addresses belong to links/, which builds on this room. */
export type SettingsContext = {
  db: Db;
  sites: { isOwnShortHost: (hostHeader: string) => boolean };
  readDestination: (typed: string) => string;
};

/** Gives a domain's slugs new keys, and says what nodes are to be told; the rules of slugs belong to links/ as well. */
export type ApplyCasePolicy = (
  tx: Db,
  domainId: string,
  policy: Pick<Domain, 'isCaseSensitive'>,
) => Promise<readonly Announcement[]>;

export const redirectStatuses = [302, 301, 307, 308] as const;

/** W3C, Referrer Policy, 3. */
export const referrerPolicies = [
  'no-referrer',
  'no-referrer-when-downgrade',
  'origin',
  'origin-when-cross-origin',
  'same-origin',
  'strict-origin',
  'strict-origin-when-cross-origin',
  'unsafe-url',
] as const;

const maxBrandName = 60;
const maxRobotsBytes = 10_000;
/** Apple's own limit is 128 kB. */
const maxJsonBytes = 100_000;

/**
 * Reads settings: the one way in, for pages and the API.
 * @throws Invalid with the first field that is refused
 */
export async function readSettings(
  context: SettingsContext,
  host: string,
  typed: TypedSettings,
): Promise<Partial<DomainSettings>> {
  const textOf = (name: keyof DomainSettings) => String(typed[name] ?? '').trim();
  const readers: { [Name in keyof DomainSettings]: () => DomainSettings[Name] | Promise<DomainSettings[Name]> } = {
    rootUrl: () => readAddress(context, host, textOf('rootUrl'), 'rootUrl', false),
    notFoundUrl: () => readAddress(context, host, textOf('notFoundUrl'), 'notFoundUrl', true),
    expiredUrl: () => readAddress(context, host, textOf('expiredUrl'), 'expiredUrl', true),
    brandName: () => readBrandName(textOf('brandName')),
    brandColor: () => readColor(textOf('brandColor')),
    redirectStatus: () => readStatus(textOf('redirectStatus')),
    referrerPolicy: () => readPolicy(textOf('referrerPolicy')),
    isIndexed: () => readFlag(textOf('isIndexed')),
    robotsTxt: () => readRobots(textOf('robotsTxt')),
    appleAppSiteAssociation: () => readJson(textOf('appleAppSiteAssociation'), 'appleAppSiteAssociation', 'an object'),
    assetLinks: () => readJson(textOf('assetLinks'), 'assetLinks', 'a list'),
    isCaseSensitive: () => readFlag(textOf('isCaseSensitive')),
  };
  const changes: Partial<DomainSettings> = {};
  for (const name of settingNames) {
    if (typed[name] !== undefined) Object.assign(changes, { [name]: await readers[name]() });
  }
  return changes;
}

/**
 * An address that visitors are led to. Onto a host of short links they would go round in circles: what is unknown there
 * leads on as well.
 */
async function readAddress(
  { db, sites, readDestination }: SettingsContext,
  ownHost: string,
  typed: string,
  field: keyof DomainSettings,
  takesPlaceholders: boolean,
): Promise<string | null> {
  if (typed === '') return null;
  const refuse = (sentence: string, code = 'url_invalid') => new Invalid(sentence, { field, code });
  if (takesPlaceholders ? /\{(?!(?:slug|query)\})/.test(typed) : typed.includes('{'))
    throw refuse(
      takesPlaceholders ? 'The placeholders are {slug} and {query}.' : 'There are no placeholders in this address.',
    );
  if (/\{(slug|query)\}.*\{\1\}/s.test(typed)) throw refuse('Each placeholder can stand in an address once.');
  const address = readAs(field, () => readDestination(typed));
  const { host, hostname } = new URL(address);
  if (/[{}]|%7b/i.test(hostname)) throw refuse('A placeholder cannot stand in the name of the host.');
  const isShortHost = sites.isOwnShortHost(host) || hostname.replace(/\.$/, '') === ownHost;
  if (isShortHost || (await isCustomHost(db, hostname)))
    throw refuse(`${hostname} serves short links of this server. Visitors could go round in circles.`, 'url_loop');
  return address;
}

function readBrandName(typed: string): string | null {
  const name = composedLine(typed);
  if (name.length > maxBrandName)
    throw new Invalid(`A name has at most ${maxBrandName} characters.`, { field: 'brandName', code: 'name_invalid' });
  return name || null;
}

function readColor(typed: string): string | null {
  if (typed === '') return null;
  const digits = /^#?([0-9a-f]{6})$/i.exec(typed)?.[1];
  if (digits) return `#${digits.toLowerCase()}`;
  throw new Invalid('Write a colour like #0f7b5c.', { field: 'brandColor', code: 'color_invalid' });
}

function readStatus(typed: string): number {
  const status = redirectStatuses.find((each) => String(each) === typed);
  if (status) return status;
  throw new Invalid(`Choose one of ${redirectStatuses.join(', ')}.`, { field: 'redirectStatus' });
}

function readPolicy(typed: string): string | null {
  if (typed === '') return null;
  const policy = referrerPolicies.find((each) => each === typed);
  if (policy) return policy;
  throw new Invalid(`Choose one of ${referrerPolicies.join(', ')}.`, { field: 'referrerPolicy' });
}

const readFlag = (typed: string): boolean => ['on', 'true'].includes(typed);

function readRobots(typed: string): string | null {
  if (typed === '') return null;
  const text = `${typed.replace(/\r\n?/g, '\n')}\n`;
  if (Buffer.byteLength(text) > maxRobotsBytes)
    throw new Invalid('robots.txt has at most 10 kB here.', { field: 'robotsTxt', code: 'too_long' });
  if (/[^\P{Cc}\n\t]/u.test(text))
    throw new Invalid('robots.txt is plain text, without control characters.', { field: 'robotsTxt' });
  return text;
}

/** The text is kept as it was typed; apps take nothing that is no JSON of this shape. */
function readJson(typed: string, field: keyof DomainSettings, shape: 'an object' | 'a list'): string | null {
  if (typed === '') return null;
  const refuse = (sentence: string) => new Invalid(sentence, { field, code: 'json_invalid' });
  if (Buffer.byteLength(typed) > maxJsonBytes) throw refuse('This file has at most 100 kB here.');
  let value: unknown;
  try {
    value = JSON.parse(typed);
  } catch {
    throw refuse('This is not valid JSON. Look for a missing comma, quotation mark or bracket.');
  }
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const isShape = shape === 'a list' ? Array.isArray(value) : isObject;
  if (!isShape) throw refuse(`This file holds ${shape}: it begins with ${shape === 'a list' ? '[' : '{'}.`);
  return typed;
}

/** A domain that the workspace has not given up, whatever its state. */
export async function findOwnDomain(db: Db, workspaceId: string, domainId: string): Promise<OwnDomain | undefined> {
  const [found] = await db
    .select({
      domain: domainColumns,
      isDefault: sql<boolean>`${workspaces.defaultDomainId} is not distinct from ${domains.id}`,
    })
    .from(domains)
    .innerJoin(workspaces, eq(workspaces.id, domains.workspaceId))
    .where(isOwnDomain(workspaceId, domainId));
  return found && { ...claimOf(found.domain), isDefault: found.isDefault };
}

/** A domain as `findOwnDomain` finds it. @throws NotFound */
export async function getOwnDomain(db: Db, workspaceId: string, domainId: string): Promise<OwnDomain> {
  const found = await findOwnDomain(db, workspaceId, domainId);
  if (!found) throw new NotFound('There is no such domain.');
  return found;
}

/** Changes of a domain; what is left out stays as it is. A logo that is null goes. */
export type DomainChanges = Partial<DomainSettings> & { isDefault?: boolean | undefined; logo?: Logo | null };

/**
 * Changes what visitors meet, on every node at once, and where new links go.
 * @param refuse sees the domain as it is under the lock, and throws where it may not be changed so
 * @throws NotFound; Invalid (field `isDefault`) for a domain that is not live; what `applyCasePolicy` and `refuse` throw
 */
export async function updateDomainSettings(
  db: Db,
  workspaceId: string,
  by: Actor,
  domainId: string,
  { isDefault, logo, ...settings }: DomainChanges,
  applyCasePolicy: ApplyCasePolicy,
  refuse?: (now: OwnDomain) => void,
): Promise<OwnDomain> {
  return db.transaction(async (tx) => {
    // Locked, so that it cannot be removed while it becomes the default, nor get slugs while their keys change.
    const [domain] = await tx
      .select(domainColumns)
      .from(domains)
      .where(isOwnDomain(workspaceId, domainId))
      .for('update');
    if (!domain) throw new NotFound('There is no such domain.');
    // The workspace's row says which domain is the default.
    const isWorkspace = eq(workspaces.id, workspaceId);
    if (isDefault !== undefined)
      await tx.select({ id: workspaces.id }).from(workspaces).where(isWorkspace).for('no key update');
    const before = await getOwnDomain(tx, workspaceId, domainId);
    refuse?.(before);
    const tells: Announcement[] = [];
    const { isCaseSensitive = domain.isCaseSensitive } = settings;
    if (isCaseSensitive !== domain.isCaseSensitive)
      tells.push(...(await applyCasePolicy(tx, domainId, { isCaseSensitive })));
    const logoBefore = logo === undefined ? {} : { logo: await findLogoName(tx, workspaceId, domainId) };
    const columns = { ...settings, ...(logo !== undefined && logoColumns(logo)) };
    if (Object.keys(columns).length > 0) {
      await tx.update(domains).set(columns).where(isOwnDomain(workspaceId, domainId));
      // Others may have the same host, and are not to be forgotten for one that is not served.
      if (domain.state === 'live') tells.push({ kind: 'domain', host: domain.host });
    }
    if (isDefault === true && domain.state !== 'live')
      throw new Invalid(`${domain.host} is not live yet, so no links can be made on it.`, { field: 'isDefault' });
    if (isDefault !== undefined) await setDefault(tx, workspaceId, domainId, isDefault);
    const after = await getOwnDomain(tx, workspaceId, domainId);
    await record(tx, by, workspaceId, {
      what: 'domain.changed',
      target: { id: domainId, name: domain.host },
      before: { ...settingFields(before), ...logoBefore },
      after: { ...settingFields(after), ...(logo !== undefined && { logo: logoName(logo?.bytes) }) },
      tells,
    });
    return after;
  });
}

/** The settings that events keep. */
const settingFields = (domain: OwnDomain) =>
  Object.fromEntries([...settingNames, 'isDefault' as const].map((name) => [name, domain[name]]));

/** Without a default, new links go to the instance's own host. */
async function setDefault(tx: Db, workspaceId: string, domainId: string, isDefault: boolean): Promise<void> {
  const isWorkspace = eq(workspaces.id, workspaceId);
  await tx
    .update(workspaces)
    .set({ defaultDomainId: isDefault ? domainId : null })
    .where(isDefault ? isWorkspace : and(isWorkspace, eq(workspaces.defaultDomainId, domainId)));
}
