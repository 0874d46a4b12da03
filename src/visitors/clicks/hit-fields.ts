import { hitClasses } from '../machines/hit-class.ts';
import { channelLabels } from '../visits/channel.ts';
import type { Utm } from '../visits/utm.ts';

/** A number, such as an id or bits. */
type NumberField = { column: string; type: 'bigint' | 'integer' | 'smallint'; isNullable?: true };

type TextField = {
  /** Its column in `clicks`, and in files of hits. */
  column: string;
  type: 'text';
  isNullable?: true;
  /** Each hit has one of these. */
  values?: readonly string[];
  /** A form that its values have, and how a value of that form is called. */
  form?: readonly [pattern: RegExp, called: string];
  /** A value as the API's description shows it: the field leaves in files and in JSON, and comes back by an import. */
  exported?: { example: string | null; describe?: string };
  /** Visitors can make values up, so that a day tells apart only so many of them (variety.ts). */
  isBounded?: true;
  /** The utm_* tag that it holds. Those of a link's own destination are always told apart. */
  tag?: keyof Utm;
};

/**
 * THE list of a hit's columns, in the order in which a batch writes them. The type `Hit`, the batch, the bounds of made-up
 * texts, files and JSON of hits, imports and tests follow it. Versions add lines at its end only: waiting batches are read by place. A new field is a line here, a column in ground/db/schema.ts,
 * and a line in enrich.ts.
 */
export const hitFields = {
  id: { column: 'id', type: 'bigint' },
  /** Milliseconds since 1970, UTC; an instant in the database. */
  clickedAt: { column: 'clicked_at', type: 'bigint' },
  linkId: { column: 'link_id', type: 'text' },
  slugId: { column: 'slug_id', type: 'text' },
  workspaceId: { column: 'workspace_id', type: 'text' },
  class: {
    column: 'class',
    type: 'text',
    values: hitClasses,
    exported: {
      example: 'human',
      describe: '`human` for clicks of people. All others are not counted as clicks.',
    },
  },
  reason: {
    column: 'reason',
    type: 'text',
    exported: { example: 'human:browser', describe: 'Why it is of this class.' },
  },
  rulesVersion: { column: 'rules_version', type: 'smallint' },
  signals: { column: 'signals', type: 'smallint' },
  network: { column: 'network', type: 'text', isNullable: true },
  country: {
    column: 'country',
    type: 'text',
    isNullable: true,
    form: [/^[A-Z]{2}$/, 'code of a country'],
    exported: { example: 'DE', describe: 'The country, as ISO 3166-1 writes it in two letters.' },
  },
  region: {
    column: 'region',
    type: 'text',
    isNullable: true,
    exported: { example: 'Berlin', describe: 'The region of the country.' },
  },
  city: { column: 'city', type: 'text', isNullable: true, exported: { example: 'Berlin', describe: 'The city.' } },
  device: {
    column: 'device',
    type: 'text',
    isNullable: true,
    exported: { example: 'mobile', describe: 'The kind of device.' },
  },
  os: {
    column: 'os',
    type: 'text',
    isNullable: true,
    isBounded: true,
    exported: { example: 'iOS', describe: 'The operating system.' },
  },
  browser: {
    column: 'browser',
    type: 'text',
    isNullable: true,
    isBounded: true,
    exported: { example: 'Safari', describe: 'The browser.' },
  },
  language: {
    column: 'language',
    type: 'text',
    isNullable: true,
    isBounded: true,
    exported: { example: 'de', describe: 'The language that the browser prefers.' },
  },
  referrer: {
    column: 'referrer',
    type: 'text',
    isNullable: true,
    isBounded: true,
    exported: { example: 'instagram.com', describe: 'The host of the page that led here.' },
  },
  channel: {
    column: 'channel',
    type: 'text',
    values: Object.keys(channelLabels),
    exported: { example: 'social', describe: 'The kind of source.' },
  },
  utmSource: utmField('source'),
  utmMedium: utmField('medium'),
  utmCampaign: utmField('campaign', 'spring'),
  utmTerm: utmField('term'),
  utmContent: utmField('content'),
  agentId: { column: 'agent_id', type: 'bigint', isNullable: true },
  /** NULL where the visitor asked not to be tracked. Machines have one too, because a class can turn out wrong. */
  visitorKey: { column: 'visitor_key', type: 'bigint', isNullable: true },
  /** NULL in hits that a version before domains were recorded left in the spool. */
  domainId: { column: 'domain_id', type: 'text', isNullable: true },
  /** The address of an A/B test or of a rule that the visitor was sent to, as `link_destinations` has it. */
  destinationId: { column: 'destination_id', type: 'integer', isNullable: true },
  /** The link's version at that moment. */
  linkVersion: { column: 'link_version', type: 'smallint', isNullable: true },
  /** The rule of the link that sent the visitor elsewhere, as `link_routes` has it. */
  routeId: { column: 'route_id', type: 'integer', isNullable: true },
} as const satisfies Record<string, NumberField | TextField>;

function utmField<Tag extends keyof Utm>(tag: Tag, example: string | null = null) {
  return {
    column: `utm_${tag}`,
    type: 'text',
    isNullable: true,
    isBounded: true,
    tag,
    exported: { example, describe: `The parameter utm_${tag} of the address.` },
  } as const satisfies TextField;
}

type Fields = typeof hitFields;

type ValueOf<Field extends NumberField | TextField> =
  | (Field['type'] extends 'text' ? (Field extends { values: readonly (infer Value)[] } ? Value : string) : number)
  | (Field extends { isNullable: true } ? null : never);

/** The fields of a hit that are columns. */
export type HitColumns = { -readonly [Name in keyof Fields]: ValueOf<Fields[Name]> };

/** Their columns in `clicks`. */
export type ClickColumn = Fields[keyof Fields]['column'];

type NamesOf<Quality> = { [Name in keyof Fields]: Fields[Name] extends Quality ? Name : never }[keyof Fields];

type ExportedName = NamesOf<{ exported: object }>;

/** The columns of a hit in `clicks`, in the order of THE list. */
export const hitColumnNames: readonly ClickColumn[] = Object.values(hitFields).map(({ column }) => column);

/** The fields that leave in files and in JSON. */
export type ExportedFields = Pick<HitColumns, ExportedName>;

/** Their columns in files. */
export type ExportedColumn = Fields[ExportedName]['column'];

/** A field by its name in a hit. */
type Named<Name extends keyof Fields, Field> = Field & { name: Name };

/** All of them, in order. */
export const columnsOfHits: readonly Named<keyof Fields, NumberField | TextField>[] = Object.entries(hitFields).map(
  ([name, field]) => ({ ...field, name: name as keyof Fields }),
);

type ExportedField = Named<ExportedName, TextField & { column: ExportedColumn; exported: object }>;

/** Those that are exported, in order. */
export const exportedFields = columnsOfHits.filter((field): field is ExportedField => 'exported' in field);

/** Those of which a day tells apart only so many values, in order. */
export const boundedFields = columnsOfHits.filter(
  (field): field is Named<NamesOf<{ isBounded: true }>, TextField> => 'isBounded' in field,
);
