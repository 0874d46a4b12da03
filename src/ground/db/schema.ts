import { sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
  bigint,
  bigserial,
  boolean,
  check,
  customType,
  date,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import type { Route, RoutesPlan } from '../addresses/route.ts';
import type { Split, SplitPlan, TestAhead, TestEnd } from '../addresses/split.ts';

/** Every table on one page. Ids are text made by `id.ts`; times are timestamptz in UTC. */

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
const instant = (name: string) => timestamp(name, { withTimezone: true });
const createdAt = () => instant('created_at').notNull().defaultNow();
const updatedAt = () =>
  instant('updated_at')
    .notNull()
    .defaultNow()
    .$onUpdate(() => new Date());

// ---- accounts: who are you (better-auth's tables, plural; the columns are the ones it asks for) ----

export const users = pgTable(
  'users',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    email: text('email').notNull().unique(),
    emailVerified: boolean('email_verified').notNull().default(false),
    image: text('image'),
    /** Looks after the whole instance: the first account. */
    isAdmin: boolean('is_admin').notNull().default(false),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
    /** Language of pages and mails, as BCP 47 writes it; NULL as the browser asks. Nothing reads it yet. */
    language: text('language'),
    /** Set: its owner asked for its deletion, which a job does from then on (people/accounts/deletion.ts). */
    deletionAt: instant('deletion_at'),
    /** When the mail went out that says it is about to go. */
    deletionWarnedAt: instant('deletion_warned_at'),
    /** Set: it is ended, and opens nothing; the job takes its name out of the events, and then the row goes too. */
    deletedAt: instant('deleted_at'),
  },
  // A job looks for them all the time.
  (table) => [index('users_deletion_at').on(table.deletionAt).where(sql`deletion_at is not null`)],
);

export const sessions = pgTable(
  'sessions',
  {
    id: text('id').primaryKey(),
    expiresAt: instant('expires_at').notNull(),
    token: text('token').notNull().unique(),
    ipAddress: text('ip_address'),
    userAgent: text('user_agent'),
    userId: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [index('sessions_user_id').on(table.userId)],
);

export const accounts = pgTable(
  'accounts',
  {
    id: text('id').primaryKey(),
    accountId: text('account_id').notNull(),
    providerId: text('provider_id').notNull(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    accessToken: text('access_token'),
    refreshToken: text('refresh_token'),
    idToken: text('id_token'),
    accessTokenExpiresAt: instant('access_token_expires_at'),
    refreshTokenExpiresAt: instant('refresh_token_expires_at'),
    scope: text('scope'),
    password: text('password'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [index('accounts_user_id').on(table.userId)],
);

export const verifications = pgTable(
  'verifications',
  {
    id: text('id').primaryKey(),
    identifier: text('identifier').notNull(),
    value: text('value').notNull(),
    expiresAt: instant('expires_at').notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [index('verifications_identifier').on(table.identifier)],
);

/** Tries that are limited for the sake of an account, a shared report or a workspace (ground/db/tries.ts). */
export const tries = pgTable(
  'tries',
  {
    /** Keyed hash of what is counted; nobody can read it. */
    key: bytea('key').primaryKey(),
    count: integer('count').notNull(),
    /** End of the window; later the row means nothing, and a job deletes it. */
    endsAt: instant('ends_at').notNull(),
  },
  (table) => [index('tries_ends_at').on(table.endsAt)],
);

/** Forms that made something lately, so that one that is sent twice makes one thing (ground/http/once.ts). */
export const sentForms = pgTable(
  'sent_forms',
  {
    /** Keyed hash of who sent it, its token and its fields; nobody can read it. */
    key: bytea('key').primaryKey(),
    /** The thing that it made, such as an id. NULL only inside the transaction that makes it. */
    made: jsonb('made').$type<Record<string, string | boolean>>(),
    /** A day later a job deletes the row. */
    sentAt: instant('sent_at').notNull().defaultNow(),
  },
  (table) => [index('sent_forms_sent_at').on(table.sentAt)],
);

// ---- workspaces: what may you do here ----

export const workspaces = pgTable(
  'workspaces',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    /** The workspace's word in the dashboard's URLs: /w/<slug>/links. */
    slug: text('slug').notNull().unique(),
    /** IANA name; the days and hours of this workspace's reports. */
    timeZone: text('time_zone').notNull().default('UTC'),
    /** The zone that its reports are being moved to (visitors/upkeep/calendars.ts); NULL when none. */
    nextTimeZone: text('next_time_zone'),
    /** The zone that was asked for, where it is unknown here and UTC stands in for it; people are told. */
    lostTimeZone: text('lost_time_zone'),
    /** The first day of a week in its reports (week.ts): 1 is Monday, 0 Sunday, 6 Saturday. */
    weekStartsOn: smallint('week_starts_on').$type<0 | 1 | 6>().notNull().default(1),
    /** Addresses and networks whose visits are no clicks, one a line with a note behind it (visitors/machines/own-networks.ts). */
    ownNetworks: text('own_networks').notNull().default(''),
    /** Schemes of apps that rules may lead to, a space between two: 'acme acme-beta'. */
    appSchemes: text('app_schemes').notNull().default(''),
    /** How often the address of its postbacks was replaced: each has another secret (links/conversions/postback-token.ts). */
    postbackVersion: integer('postback_version').notNull().default(0),
    /** The domain of new links unless another is chosen; NULL is the instance's own short host. */
    defaultDomainId: text('default_domain_id').references((): AnyPgColumn => domains.id, { onDelete: 'set null' }),
    /** False while links made before there was `links.search_text` wait for theirs (links/links/search-texts.ts). */
    hasSearchTexts: boolean('has_search_texts').notNull().default(true),
    /** Set: it is being deleted (people/workspaces/deletion.ts); its links are gone for visitors, and nobody opens it. */
    deletedAt: instant('deleted_at'),
    /** Set: an owner asked for its deletion, which a job does from then on. Until then all goes on, and owners may keep it. */
    deletionAt: instant('deletion_at'),
    /** When the mail went out that says it is about to go. */
    deletionWarnedAt: instant('deletion_warned_at'),
    createdAt: createdAt(),
  },
  // Jobs look for them all the time.
  (table) => [
    index('workspaces_moving').on(table.id).where(sql`next_time_zone is not null`),
    index('workspaces_deletion_at').on(table.deletionAt).where(sql`deletion_at is not null`),
  ],
);

export const members = pgTable(
  'members',
  {
    workspaceId: text('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    userId: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    role: text('role', { enum: ['owner', 'admin', 'member', 'viewer'] }).notNull(),
    /** The last visit of the member. `/` leads to the workspace opened last. */
    lastOpenedAt: instant('last_opened_at').notNull().defaultNow(),
    /** They hid the checklist of the first run (links/setup). */
    hidesSetup: boolean('hides_setup').notNull().default(false),
    createdAt: createdAt(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.userId] }), index('members_user_id').on(table.userId)],
);

/** Somebody was asked to join. The token is found by its SHA-256, and shown again from what is sealed. */
export const invitations = pgTable(
  'invitations',
  {
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    /** In lower case. */
    email: text('email').notNull(),
    role: text('role', { enum: ['admin', 'member', 'viewer'] }).notNull(),
    tokenHash: bytea('token_hash').notNull().unique(),
    /** The token under the secret of the instance (ground/text/sealed.ts); NULL of older ones. */
    tokenSealed: bytea('token_sealed'),
    invitedBy: text('invited_by').references(() => users.id, { onDelete: 'set null' }),
    createdAt: createdAt(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [unique('invitations_email').on(table.workspaceId, table.email)],
);

export const apiKeys = pgTable(
  'api_keys',
  {
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    createdBy: text('created_by').references(() => users.id, { onDelete: 'set null' }),
    name: text('name').notNull(),
    /** SHA-256 of the key; the key itself is shown once and not kept. */
    hash: bytea('hash').notNull().unique(),
    /** The first characters, to tell keys apart. */
    prefix: text('prefix').notNull(),
    lastUsedAt: instant('last_used_at'),
    createdAt: createdAt(),
  },
  (table) => [index('api_keys_workspace_id').on(table.workspaceId)],
);

// ---- links: domains, links and the slugs that open them ----

export const domains = pgTable(
  'domains',
  {
    id: text('id').primaryKey(),
    /** In lower case, IDNs as punycode. Several workspaces may claim a host; one has it. */
    host: text('host').notNull(),
    scheme: text('scheme', { enum: ['http', 'https'] })
      .notNull()
      .default('https'),
    /** NULL: the instance's own short host, which every workspace may use. */
    workspaceId: text('workspace_id').references(() => workspaces.id, { onDelete: 'cascade' }),
    /**
     * `waiting`: claimed, not proved. `live`: proved and served. `paused`: the proof has been missing for too long.
     * `removed`: given up; the row stays, because its slugs stay behind as tombstones.
     */
    state: text('state', { enum: ['waiting', 'live', 'paused', 'removed'] })
      .notNull()
      .default('live'),
    /** The text that the TXT record must hold; NULL for the instance's own. */
    proofToken: text('proof_token'),
    provedAt: instant('proved_at'),
    checkedAt: instant('checked_at'),
    /** Since when checks of a proved domain have failed, and whether its people were told. */
    failingSince: instant('failing_since'),
    warnedAt: instant('warned_at'),
    /** Code of what the last check found wrong (domains/dns/faults.ts). */
    fault: text('fault'),
    /** Destinations of the bare host, of unknown slugs and of ended ones; NULL shows a page of ours. */
    rootUrl: text('root_url'),
    notFoundUrl: text('not_found_url'),
    expiredUrl: text('expired_url'),
    /** On the pages that visitors of this domain meet. */
    brandName: text('brand_name'),
    brandColor: text('brand_color'),
    redirectStatus: smallint('redirect_status').notNull().default(302),
    referrerPolicy: text('referrer_policy'),
    isIndexed: boolean('is_indexed').notNull().default(false),
    robotsTxt: text('robots_txt'),
    appleAppSiteAssociation: text('apple_app_site_association'),
    assetLinks: text('asset_links'),
    /** False: slugs differ by more than upper and lower case. */
    isCaseSensitive: boolean('is_case_sensitive').notNull().default(false),
    /** A small picture for the pages that visitors meet, and its media type. */
    logo: bytea('logo'),
    logoType: text('logo_type', { enum: ['image/png', 'image/jpeg', 'image/webp'] }),
    createdAt: createdAt(),
  },
  (table) => [
    uniqueIndex('domains_one_of_the_instance').on(sql`(true)`).where(sql`${table.workspaceId} is null`),
    uniqueIndex('domains_host').on(table.host).where(sql`${table.state} in ('live', 'paused')`),
    unique('domains_claim').on(table.workspaceId, table.host),
  ],
);

export const campaigns = pgTable(
  'campaigns',
  {
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    /** The name folded: what names are told apart by. */
    nameKey: text('name_key').notNull(),
    /** Days of the workspace's calendar, both part of the campaign. */
    startsOn: date('starts_on'),
    endsOn: date('ends_on'),
    /** Clicks that it is meant to bring. */
    goal: integer('goal'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [unique('campaigns_name').on(table.workspaceId, table.nameKey)],
);

export const links = pgTable(
  'links',
  {
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    /** The destination, byte for byte as it was given. */
    url: text('url').notNull(),
    title: text('title'),
    campaignId: text('campaign_id').references(() => campaigns.id, { onDelete: 'set null' }),
    createdBy: text('created_by').references(() => users.id, { onDelete: 'set null' }),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
    /** Set: visitors meet 410 until it is restored. */
    archivedAt: instant('archived_at'),
    /** Set: gone for good; the row stays for the reports, its slugs are retired. */
    deletedAt: instant('deleted_at'),
    /**
     * Slug, title and destination in small letters, a line each: all that a search of links reads. Triggers keep it
     * (see the migrations, which also make its indexes `links_search`, where Postgres has pg_trgm, and `links_search_short`;
     * `links_search_destination` finds links by where they lead).
     */
    searchText: text('search_text'),
    /**
     * The kind of thing that it opens: set by the main option of a new link (links/options), read by visitors/openings. Texts
     * and files are to come, with all that a link has: slugs, tags, campaigns, reports, rights.
     */
    kind: text('kind', { enum: ['url'] })
      .notNull()
      .default('url'),
    /** 1 for a new link. A trigger raises it with each change (see the migration), but for its search text. */
    version: integer('version').notNull().default(1),
    /** An A/B test, as people decide it. */
    split: jsonb('split').$type<Split>(),
    /** The same as visits read it (links/splits/settle.ts). */
    splitPlan: jsonb('split_plan').$type<SplitPlan>(),
    /** Rules that send some visitors elsewhere, as people decide them, in their order; NULL: there are none. */
    routes: jsonb('routes').$type<Route[]>(),
    /** The same as visits read them (links/splits/settle-routes.ts). */
    routesPlan: jsonb('routes_plan').$type<RoutesPlan>(),
    /** The parameter of the destination that gets an id of each click; NULL adds none. */
    clickIdName: text('click_id_name'),
  },
  (table) => [
    // Counts the active and the archived without reading their rows.
    index('links_states').on(table.workspaceId, table.archivedAt, table.id).where(sql`${table.deletedAt} is null`),
    // Few; what counts links by something else takes them off.
    index('links_deleted').on(table.workspaceId, table.id).where(sql`${table.deletedAt} is not null`),
    index('links_newest').on(table.workspaceId, table.createdAt.desc(), table.id.desc()),
    // Few; a job looks after them.
    index('links_split').on(table.id).where(sql`${table.split} is not null`),
    index('links_campaign_id').on(table.campaignId).where(sql`${table.campaignId} is not null`),
    check('links_kind', sql`${table.kind} in ('url')`),
  ],
);

/** Rules of links: reports tell their clicks apart by them, also when a link has them no more. */
export const linkRoutes = pgTable(
  'link_routes',
  {
    id: integer('id').primaryKey().generatedByDefaultAsIdentity(),
    workspaceId: text('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    /** No foreign key: they are there before a link that begins with rules. */
    linkId: text('link_id').notNull(),
    name: text('name').notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    index('link_routes_link_id').on(table.linkId, table.id),
    index('link_routes_workspace_id').on(table.workspaceId),
  ],
);

/**
 * The addresses of A/B tests and of rules. Address and weight of a row never change: others make rows anew, so that counts
 * are of one share.
 */
export const linkDestinations = pgTable(
  'link_destinations',
  {
    id: integer('id').primaryKey().generatedByDefaultAsIdentity(),
    workspaceId: text('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    /** No foreign key: they are there before a link that begins with a test. */
    linkId: text('link_id').notNull(),
    url: text('url').notNull(),
    weight: smallint('weight').notNull(),
    /** The first id of this address in the test: visitors are split by it. */
    key: integer('key').notNull(),
    /** The first id of the test, which goes on while the addresses stay the same. */
    test: integer('test').notNull(),
    /** 1 for A. */
    position: smallint('position').notNull(),
    /** Of the test's first address: how the test ended, with its numbers at that moment. */
    ended: jsonb('ended').$type<TestEnd>(),
    /** Of the test's first address: when a version was clearly ahead for the first time, by goal. */
    ahead: jsonb('ahead').$type<Record<string, TestAhead>>(),
    /** The rule that leads to it; NULL for an address of a test. */
    routeId: integer('route_id'),
    createdAt: createdAt(),
  },
  (table) => [
    index('link_destinations_link_id').on(table.linkId, table.id),
    index('link_destinations_workspace_id').on(table.workspaceId),
  ],
);

/** Seven that colour-blind eyes tell apart (after Okabe and Ito), and grey; views/tokens.css says what they look like. */
export const tagColours = ['green', 'blue', 'orange', 'purple', 'sky', 'red', 'yellow', 'grey'] as const;

export const tags = pgTable(
  'tags',
  {
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    /** The name folded: what names are told apart by. */
    nameKey: text('name_key').notNull(),
    colour: text('colour', { enum: tagColours }).notNull(),
    createdAt: createdAt(),
    /** Short name of the tag for programs that want an integer; one of a kind in the whole instance. */
    number: integer('number').notNull().unique().generatedAlwaysAsIdentity(),
  },
  (table) => [unique('tags_name').on(table.workspaceId, table.nameKey)],
);

export const linkTags = pgTable(
  'link_tags',
  {
    linkId: text('link_id')
      .notNull()
      .references(() => links.id, { onDelete: 'cascade' }),
    tagId: text('tag_id')
      .notNull()
      .references(() => tags.id, { onDelete: 'cascade' }),
  },
  (table) => [primaryKey({ columns: [table.linkId, table.tagId] }), index('link_tags_tag_id').on(table.tagId)],
);

export const slugs = pgTable(
  'slugs',
  {
    id: text('id').primaryKey(),
    domainId: text('domain_id')
      .notNull()
      .references(() => domains.id),
    /** The slug folded by its domain's case policy: the truth about who owns a path. */
    slugKey: text('slug_key').notNull(),
    /** The slug as it was typed. */
    slug: text('slug').notNull(),
    kind: text('kind', { enum: ['primary', 'alias', 'qr', 'retired'] }).notNull(),
    linkId: text('link_id')
      .notNull()
      .references(() => links.id, { onDelete: 'cascade' }),
    createdAt: createdAt(),
  },
  (table) => [
    unique('slugs_domain_id_slug_key').on(table.domainId, table.slugKey),
    index('slugs_link_id').on(table.linkId),
  ],
);

/** Values that fill the form of a new link, under a name. NULL: not filled. */
export const linkTemplates = pgTable(
  'link_templates',
  {
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    /** The name folded: what names are told apart by. */
    nameKey: text('name_key').notNull(),
    domainId: text('domain_id').references(() => domains.id, { onDelete: 'set null' }),
    campaignId: text('campaign_id').references(() => campaigns.id, { onDelete: 'set null' }),
    split: jsonb('split').$type<Split>(),
    createdBy: text('created_by').references(() => users.id, { onDelete: 'set null' }),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    unique('link_templates_name').on(table.workspaceId, table.nameKey),
    index('link_templates_campaign_id').on(table.campaignId).where(sql`${table.campaignId} is not null`),
  ],
);

export const linkTemplateTags = pgTable(
  'link_template_tags',
  {
    templateId: text('template_id')
      .notNull()
      .references(() => linkTemplates.id, { onDelete: 'cascade' }),
    tagId: text('tag_id')
      .notNull()
      .references(() => tags.id, { onDelete: 'cascade' }),
  },
  (table) => [
    primaryKey({ columns: [table.templateId, table.tagId] }),
    index('link_template_tags_tag_id').on(table.tagId),
  ],
);

// ---- clicks: one row a hit; no foreign key points out of these tables, so that they can be distributed by link_id ----

/** The columns of a hit that describe its visitor, shared by `clicks` and `clicks_pending`. */
const hitColumns = {
  id: bigint('id', { mode: 'number' }).notNull(),
  clickedAt: instant('clicked_at').notNull(),
  linkId: text('link_id').notNull(),
  slugId: text('slug_id').notNull(),
  workspaceId: text('workspace_id').notNull(),
  class: text('class').notNull(),
  reason: text('reason').notNull(),
  /** The rules that gave the class and the reason. */
  rulesVersion: smallint('rules_version').notNull(),
  /** Evidence of a request beside its agent, as bits (visitors/machines/evidence.ts). */
  signals: smallint('signals').notNull().default(0),
  /** Whose network it came from, where that is a mail or security service (visitors/machines/networks.ts). */
  network: text('network'),
  country: text('country'),
  region: text('region'),
  city: text('city'),
  device: text('device'),
  os: text('os'),
  browser: text('browser'),
  language: text('language'),
  referrer: text('referrer'),
  channel: text('channel').notNull(),
  utmSource: text('utm_source'),
  utmMedium: text('utm_medium'),
  utmCampaign: text('utm_campaign'),
  utmTerm: text('utm_term'),
  utmContent: text('utm_content'),
  /** The agent's shape in `agent_shapes`; NULL or not there: this hit cannot be classed anew. */
  agentId: bigint('agent_id', { mode: 'number' }),
  /** Pseudonym for one day in the workspace's zone; NULL where the visitor asked not to be tracked. */
  visitorKey: bigint('visitor_key', { mode: 'number' }),
  /** First click of this visitor on this link today; summed, it counts visitors. */
  isFirstOnLink: boolean('is_first_on_link').notNull(),
  /** First click of this visitor in this workspace today. */
  isFirstInWorkspace: boolean('is_first_in_workspace').notNull(),
  /** The domain on which the slug was opened. */
  domainId: text('domain_id'),
  /** The version of an A/B test that the visitor met: `link_destinations`. */
  destinationId: integer('destination_id'),
  /** The link's version at that moment. */
  linkVersion: smallint('link_version'),
  /** The rule of the link by which the visitor went where it went; NULL without one. */
  routeId: integer('route_id'),
};

/** Partitioned by month (see the migration), for retention. */
export const clicks = pgTable('clicks', hitColumns, (table) => [
  primaryKey({ columns: [table.linkId, table.clickedAt, table.id] }),
  index('clicks_workspace').on(table.workspaceId, table.clickedAt),
]);

// ---- conversions: what people did after a click ----

export const conversionGoals = pgTable(
  'conversion_goals',
  {
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    nameKey: text('name_key').notNull(),
    /** True: pixel and script, which anybody can call, do not count. */
    isServerOnly: boolean('is_server_only').notNull().default(false),
    /** The sum of its counts, over all links. */
    conversions: integer('conversions').notNull().default(0),
    /** Set: nobody sees it any more, its name is free, and a job deletes its rows (visitors/conversions/removal.ts). */
    deletedAt: instant('deleted_at'),
    createdAt: createdAt(),
  },
  (table) => [
    unique('conversion_goals_name').on(table.workspaceId, table.nameKey),
    // A job looks for them.
    index('conversion_goals_deleted_at').on(table.deletedAt).where(sql`deleted_at is not null`),
  ],
);

/** A row a conversion, keyed by its click. Rows go with single hits; what was counted stays in `conversion_counts`. */
export const conversions = pgTable(
  'conversions',
  {
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    goalId: text('goal_id')
      .notNull()
      .references(() => conversionGoals.id, { onDelete: 'cascade' }),
    linkId: text('link_id').notNull(),
    clickedAt: instant('clicked_at').notNull(),
    hitId: bigint('hit_id', { mode: 'number' }).notNull(),
    externalId: text('external_id').notNull(),
    value: bigint('value', { mode: 'number' }),
    currency: text('currency'),
    occurredAt: instant('occurred_at').notNull(),
    via: text('via', { enum: ['server', 'postback', 'pixel', 'script'] }).notNull(),
    metadata: text('metadata'),
    receivedAt: instant('received_at').notNull().defaultNow(),
    /** NULL: its click has not arrived yet. */
    countedAt: instant('counted_at'),
    /** Of the click: the version of an A/B test, and the visitor's key of that day. */
    destinationId: integer('destination_id'),
    visitorKey: bigint('visitor_key', { mode: 'number' }),
    /** The first of this visitor on this day for this link and goal: the unit of statistics. */
    isFirst: boolean('is_first').notNull().default(false),
  },
  (table) => [
    unique('conversions_once').on(table.goalId, table.linkId, table.hitId, table.clickedAt, table.externalId),
    uniqueIndex('conversions_first').on(table.goalId, table.linkId, table.visitorKey).where(sql`${table.isFirst}`),
    index('conversions_external_id').on(table.goalId, table.externalId).where(sql`${table.externalId} <> ''`),
    index('conversions_waiting').on(table.receivedAt).where(sql`${table.countedAt} is null`),
    index('conversions_clicked_at').on(table.clickedAt),
    index('conversions_workspace_id').on(table.workspaceId),
  ],
);

/** Conversions by the quarter of an hour of their click, which is exact in every time zone. */
export const conversionCounts = pgTable(
  'conversion_counts',
  {
    workspaceId: text('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    linkId: text('link_id').notNull(),
    goalId: text('goal_id')
      .notNull()
      .references(() => conversionGoals.id, { onDelete: 'cascade' }),
    /** 0: the click met no version of an A/B test. */
    destinationId: integer('destination_id').notNull(),
    quarter: instant('quarter').notNull(),
    /** '' for conversions without a value. */
    currency: text('currency').notNull(),
    conversions: integer('conversions').notNull(),
    /** Visitors of a day, each at the first. */
    visitors: integer('visitors').notNull(),
    value: bigint('value', { mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.linkId, table.goalId, table.destinationId, table.quarter, table.currency] }),
    index('conversion_counts_goal_id').on(table.goalId),
    // Reports ask for one goal in a span.
    index('conversion_counts_quarter').on(table.goalId, table.quarter),
    index('conversion_counts_workspace_id').on(table.workspaceId),
  ],
);

/**
 * The inbox: what a visitor waits for is a row for each workspace of a batch. The mover empties it every second
 * (visitors/rollups/mover.ts); hits are here or in `clicks` and the rollups.
 */
export const hitBatches = pgTable(
  'hit_batches',
  {
    id: bigint('id', { mode: 'number' }).notNull(),
    firstHitAt: instant('first_hit_at').notNull(),
    /** How many hits it has. */
    size: integer('size').notNull(),
    /** True when its hits may be in other batches or in rows already: a retry, or hits of the spool. */
    isRepeat: boolean('is_repeat').notNull(),
    workspaceId: text('workspace_id').notNull(),
    /** The hits as text (visitors/clicks/inbox.ts). */
    hits: text('hits').notNull(),
    /** Why Postgres refuses to make rows of it; then it stays here for a month, for operators. */
    problem: text('problem'),
    refusedAt: instant('refused_at'),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.id] }),
    // Metrics count them; there should be none.
    index('hit_batches_problem').on(table.id).where(sql`problem is not null`),
  ],
);

/** Hits that versions without an inbox put into `clicks` and no rollup has; a later version drops it. */
export const clicksPending = pgTable('clicks_pending', hitColumns);

/** User agents as rules read them, every number taken out (visitors/visits/agent-shape.ts). The ground of a class, kept once. */
export const agentShapes = pgTable('agent_shapes', {
  /** 53 bits of the shape's SHA-256, so that every node knows it without asking. */
  id: bigint('id', { mode: 'number' }).primaryKey(),
  shape: text('shape').notNull(),
  lastSeenOn: date('last_seen_on').notNull(),
});

/**
 * The links on which each visitor was seen, and on which day. A key is a workspace's own, so that any row of it says that the
 * visitor was seen there. Versions before wrote one more, without a link.
 */
export const visitorsSeen = pgTable(
  'visitors_seen',
  {
    visitorKey: bigint('visitor_key', { mode: 'number' }).notNull(),
    linkId: text('link_id').notNull(),
    day: date('day').notNull(),
  },
  (table) => [primaryKey({ columns: [table.visitorKey, table.linkId] })],
);

/** A day's salt; without it a visitor key leads nowhere. Deleted after two days. */
export const visitorSalts = pgTable('visitor_salts', {
  day: date('day').primaryKey(),
  salt: bytea('salt').notNull(),
});

/** Hits and visitors an hour (as the workspace's clock shows it), for every link and every workspace. */
export const clickTotalsHourly = pgTable(
  'click_totals_hourly',
  {
    /** A link's or a workspace's id. */
    scopeId: text('scope_id').notNull(),
    hour: instant('hour').notNull(),
    class: text('class').notNull(),
    hits: bigint('hits', { mode: 'number' }).notNull(),
    visitors: bigint('visitors', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.scopeId, table.hour, table.class] })],
);

/** Days of versions before that no job has folded yet; nothing is added. What it has is in the sums of months too. */
export const clickCountsDaily = pgTable(
  'click_counts_daily',
  {
    scopeId: text('scope_id').notNull(),
    day: date('day').notNull(),
    dimension: text('dimension').notNull(),
    value: text('value').notNull(),
    clicks: bigint('clicks', { mode: 'number' }).notNull(),
    visitors: bigint('visitors', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.scopeId, table.day, table.dimension, table.value] })],
);

/** Two columns for each day of a month, such as clicks_1 and visitors_1; NULL takes no room. */
const daysOfMonth = () =>
  Object.fromEntries(
    Array.from({ length: 31 }, (_, before) => [`clicks_${before + 1}`, `visitors_${before + 1}`])
      .flat()
      .map((name) => [name, integer(name)]),
  );

/** Clicks and visitors of a month and its days by value of each dimension, for every workspace and busy link. */
export const clickCountsMonthly = pgTable(
  'click_counts_monthly',
  {
    scopeId: text('scope_id').notNull(),
    /** The month's first day. */
    month: date('month').notNull(),
    dimension: text('dimension').notNull(),
    value: text('value').notNull(),
    clicks: bigint('clicks', { mode: 'number' }).notNull(),
    visitors: bigint('visitors', { mode: 'number' }).notNull(),
    ...daysOfMonth(),
  },
  (table) => [primaryKey({ columns: [table.scopeId, table.month, table.dimension, table.value] })],
);

/** The counts that the list of links shows and sorts by. */
export const linkTotals = pgTable(
  'link_totals',
  {
    linkId: text('link_id').primaryKey(),
    workspaceId: text('workspace_id').notNull(),
    clicks: bigint('clicks', { mode: 'number' }).notNull(),
    visitors: bigint('visitors', { mode: 'number' }).notNull(),
    hits: bigint('hits', { mode: 'number' }).notNull(),
    firstHitAt: instant('first_hit_at').notNull(),
    lastClickAt: instant('last_click_at'),
    /** True once this link's breakdowns are rolled up too; until then its raw rows answer. */
    isBusy: boolean('is_busy').notNull().default(false),
    /** True of one that is not busy and has rollups of hits whose rows are gone. */
    hasHistory: boolean('has_history').notNull().default(false),
  },
  (table) => [
    index('link_totals_clicks').on(table.workspaceId, table.clicks.desc()),
    index('link_totals_last_click').on(table.workspaceId, table.lastClickAt.desc()),
    // Asked at every roll-up; only few links are busy.
    index('link_totals_busy').on(table.linkId).where(sql`is_busy`),
  ],
);

/** The campaigns, tags and domains that rollups have, and how much of each (visitors/rollups/scopes.ts). */
export const rollupScopes = pgTable(
  'rollup_scopes',
  {
    workspaceId: text('workspace_id').notNull(),
    /** The id of a campaign or a tag; of a domain `workspace:domain`; of the workspace, its own, once domains are counted. */
    scopeId: text('scope_id').notNull(),
    kind: text('kind').$type<'campaign' | 'tag' | 'domain' | 'workspace'>().notNull(),
    /** Hits that the rollups have of it. */
    hits: bigint('hits', { mode: 'number' }).notNull(),
    /** `filling`: its past is being counted, link by link. */
    state: text('state').$type<'light' | 'filling' | 'full'>().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.scopeId] }),
    index('rollup_scopes_filling').on(table.workspaceId).where(sql`state = 'filling'`),
  ],
);

/** The links whose hits the rollups count in a campaign or a tag: those that it has, as of a moment ago. */
export const scopeLinks = pgTable(
  'scope_links',
  {
    workspaceId: text('workspace_id').notNull(),
    linkId: text('link_id').notNull(),
    scopeId: text('scope_id').notNull(),
    /** Whether all dimensions have its hits, or only those that every campaign and tag has. */
    isFull: boolean('is_full').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.linkId, table.scopeId] }),
    index('scope_links_scope').on(table.workspaceId, table.scopeId),
  ],
);

/** Links that came to a campaign or a tag, or left one, since `scope_links` was brought up to date. Triggers write it. */
export const scopeChanges = pgTable(
  'scope_changes',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    workspaceId: text('workspace_id').notNull(),
    linkId: text('link_id').notNull(),
    scopeId: text('scope_id').notNull(),
  },
  (table) => [index('scope_changes_scope').on(table.workspaceId, table.scopeId)],
);

/** Dimensions whose past is in the rollups; one that is new in the code is counted over all rows once. */
export const rolledUpDimensions = pgTable('rolled_up_dimensions', {
  name: text('name').primaryKey(),
  rolledUpAt: instant('rolled_up_at').notNull().defaultNow(),
});

/** Which versions may use these tables (ground/db/schema-support.ts); one row. */
export const schemaSupport = pgTable('schema_support', {
  /** The newest migration that the row speaks of, as `drizzle.__drizzle_migrations.created_at` has it. */
  schema: bigint('schema', { mode: 'number' }).primaryKey(),
  /** The newest migration that a version must know at least. */
  oldestProgram: bigint('oldest_program', { mode: 'number' }).notNull(),
});

/** Runs of `reclassify`: how far one got, so that the next goes on from there. */
export const reclassifications = pgTable('reclassifications', {
  id: text('id').primaryKey(),
  rulesVersion: smallint('rules_version').notNull(),
  /** Only hits from here on; NULL for all. */
  since: instant('since'),
  startedAt: instant('started_at').notNull(),
  /** Workspaces are done in order of their ids: this one up to the instant, all before it. */
  doneWorkspaceId: text('done_workspace_id').notNull().default(''),
  doneUntil: instant('done_until').notNull(),
  finishedAt: instant('finished_at'),
});

/** Notes on a chart, for people who wonder why the figures changed. */
export const chartNotes = pgTable(
  'chart_notes',
  {
    id: text('id').primaryKey(),
    /** NULL: concerns every workspace. */
    workspaceId: text('workspace_id').references(() => workspaces.id, { onDelete: 'cascade' }),
    at: instant('at').notNull(),
    kind: text('kind', { enum: ['reclassified'] }).notNull(),
    text: text('text').notNull(),
    /** Hits by where they went: {"human>preview": 12}. */
    moved: jsonb('moved').$type<Record<string, number>>().notNull(),
  },
  (table) => [index('chart_notes_workspace_id').on(table.workspaceId, table.at)],
);

// ---- mail ----

/**
 * The outbox. A mail waits while `next_try_at` is set, is sent once `sent_at` is, and otherwise is kept for the instance's
 * admin: refused for good (`error`), or written while there was no SMTP server.
 */
export const mails = pgTable(
  'mails',
  {
    id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
    recipient: text('recipient').notNull(),
    subject: text('subject').notNull(),
    /** Emptied once it is sent or has expired: it may hold a link that opens an account. */
    body: text('body').notNull(),
    html: text('html'),
    headers: jsonb('headers').$type<Record<string, string>>(),
    attempts: integer('attempts').notNull().default(0),
    /** A node that tries it moves this ahead first, so that no other node tries it meanwhile. */
    nextTryAt: instant('next_try_at'),
    sentAt: instant('sent_at'),
    /** A sentence about the last try that failed. */
    error: text('error'),
    /** When the link in it ends; afterwards it is not sent any more. */
    expiresAt: instant('expires_at'),
    createdAt: createdAt(),
  },
  (table) => [index('mails_next_try_at').on(table.nextTryAt).where(sql`${table.nextTryAt} is not null`)],
);

// ---- sharing: reports that people without an account may see ----

export const shares = pgTable(
  'shares',
  {
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    /** The subject of the report; the whole workspace where all are NULL. */
    linkId: text('link_id').references(() => links.id, { onDelete: 'cascade' }),
    campaignId: text('campaign_id').references(() => campaigns.id, { onDelete: 'cascade' }),
    tagId: text('tag_id').references(() => tags.id, { onDelete: 'cascade' }),
    /** The filters that it is narrowed to, as addresses carry them: 'country:is:DE'. Readers cannot change them. */
    filters: jsonb('filters').$type<string[]>().notNull().default([]),
    /** Heading of the page. */
    title: text('title').notNull(),
    /** SHA-256 of the token in its address. */
    tokenHash: bytea('token_hash').notNull().unique(),
    /** The token under the secret of the instance (ground/text/sealed.ts); NULL of older ones. */
    tokenSealed: bytea('token_sealed'),
    /** Which parts of the report are shown besides the chart. */
    parts: jsonb('parts').$type<string[]>().notNull(),
    /** 'salt.hash' by scrypt; NULL: whoever has the address may look. */
    passwordHash: text('password_hash'),
    expiresAt: instant('expires_at'),
    createdBy: text('created_by').references(() => users.id, { onDelete: 'set null' }),
    createdAt: createdAt(),
  },
  (table) => [index('shares_workspace_id').on(table.workspaceId)],
);

// ---- mailings: reports that come by mail ----

export const mailings = pgTable(
  'mailings',
  {
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    /** The subject of the report; the whole workspace where all are NULL. */
    linkId: text('link_id').references(() => links.id, { onDelete: 'cascade' }),
    campaignId: text('campaign_id').references(() => campaigns.id, { onDelete: 'cascade' }),
    tagId: text('tag_id').references(() => tags.id, { onDelete: 'cascade' }),
    /** The filters that it is narrowed to, as addresses carry them: 'country:is:DE'. Readers cannot change them. */
    filters: jsonb('filters').$type<string[]>().notNull().default([]),
    every: text('every', { enum: ['week', 'month'] }).notNull(),
    recipient: text('recipient').notNull(),
    createdBy: text('created_by').references(() => users.id, { onDelete: 'set null' }),
    /** Members get mail at once, others when they have said yes; NULL until then. */
    confirmedAt: instant('confirmed_at'),
    createdAt: createdAt(),
  },
  (table) => [
    unique('mailings_one_of_a_kind')
      .on(table.workspaceId, table.linkId, table.campaignId, table.tagId, table.filters, table.every, table.recipient)
      .nullsNotDistinct(),
  ],
);

/** Which report was mailed: a row is the right to send it, and there is one for each period. */
export const mailingsSent = pgTable(
  'mailings_sent',
  {
    mailingId: text('mailing_id')
      .notNull()
      .references(() => mailings.id, { onDelete: 'cascade' }),
    /** The first day of the week or month that it is about. */
    period: date('period').notNull(),
    /** When it was written. */
    sentAt: instant('sent_at').notNull().defaultNow(),
    /** The mail until its fate is known; NULL also of those that older versions sent. */
    mailId: integer('mail_id').references(() => mails.id, { onDelete: 'set null' }),
    /** FALSE while the mail waits, and when it was refused for good. */
    isSent: boolean('is_sent').notNull().default(true),
  },
  (table) => [
    primaryKey({ columns: [table.mailingId, table.period] }),
    index('mailings_sent_mail_id').on(table.mailId).where(sql`${table.mailId} is not null`),
  ],
);

// ---- analytics: what people write on charts ----

/** Notes of a workspace, or of one of its links. */
export const reportNotes = pgTable(
  'report_notes',
  {
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    /** NULL: concerns every report of the workspace. */
    linkId: text('link_id').references(() => links.id, { onDelete: 'cascade' }),
    at: instant('at').notNull(),
    text: text('text').notNull(),
    createdBy: text('created_by').references(() => users.id, { onDelete: 'set null' }),
    createdAt: createdAt(),
  },
  (table) => [index('report_notes_workspace_id').on(table.workspaceId, table.at)],
);

/** Reports that people come back to: a subject with its period and filters, under a name. */
export const savedViews = pgTable(
  'saved_views',
  {
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    /** The name folded: what names are told apart by. */
    nameKey: text('name_key').notNull(),
    /** Path below the workspace's and query of the report, as the page itself writes them. */
    address: text('address').notNull(),
    createdBy: text('created_by').references(() => users.id, { onDelete: 'set null' }),
    createdAt: createdAt(),
  },
  (table) => [unique('saved_views_name').on(table.workspaceId, table.nameKey)],
);

// ---- events: what was changed, by whom; kept when the thing, or the person, is gone, so nothing points out of it ----

/** A row for each change, written in the transaction that makes it (ground/events/record.ts). Partitioned by month. */
export const events = pgTable(
  'events',
  {
    /** Events of one thing follow each other in this order: it is locked while it changes. */
    id: bigserial('id', { mode: 'number' }).notNull(),
    at: instant('at').notNull().default(sql`clock_timestamp()`),
    /** NULL: of no workspace, such as a change of an account, or of one that is deleted. */
    workspaceId: text('workspace_id'),
    /** One of `whats` (ground/events/happened.ts), such as 'link.created'. */
    what: text('what').notNull(),
    targetId: text('target_id').notNull(),
    /** As people called it at that moment. */
    targetName: text('target_name').notNull(),
    /** The fields that changed, as they were and as they are; NULL of what was made, or is gone. */
    before: jsonb('before').$type<Record<string, unknown>>(),
    after: jsonb('after').$type<Record<string, unknown>>(),
    actorKind: text('actor_kind', { enum: ['person', 'key', 'command', 'server'] }).notNull(),
    actorId: text('actor_id'),
    actorName: text('actor_name').notNull(),
    via: text('via', { enum: ['page', 'api', 'bulk', 'undo', 'cli', 'job'] }).notNull(),
    /** The /24 or the /48 that the request came from; never an address. */
    network: text('network'),
    requestId: text('request_id'),
  },
  (table) => [
    primaryKey({ columns: [table.id, table.at] }),
    index('events_workspace_id').on(table.workspaceId, table.id),
    index('events_target_id').on(table.targetId, table.id),
    // All that one request changed: a line of the History, and what Undo takes back.
    index('events_request').on(table.workspaceId, table.requestId, table.id),
    // Filters of the History: a person or a key, a kind of thing, a day.
    index('events_actor').on(table.workspaceId, sql`coalesce(actor_id, actor_kind)`, table.id),
    index('events_kind').on(table.workspaceId, sql`split_part(what, '.', 1)`, table.id),
    index('events_at').on(table.workspaceId, table.at),
    // Links that a tag or a campaign took leave of when it went; the event is the tag's, and their own History tells it.
    index('events_links')
      .using('gin', sql`(before -> 'links')`)
      .where(sql`what in ('tag.deleted', 'tag.merged', 'campaign.deleted')`),
  ],
);
