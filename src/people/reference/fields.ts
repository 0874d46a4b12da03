import { kindsOf, type Parameter, resolved, type Schema, type Schemas } from './openapi.ts';
import { type Run, runsOf } from './words.ts';

/** A parameter or a property, as readers are told of it. */
export type Field = {
  name: string;
  /** Such as `string or null`. */
  type: string;
  isRequired: boolean;
  words: Run[];
  /** Such as `at most 200 characters`. */
  limits: string[];
  /** The only values that it takes. */
  choices: string[];
  /** The value that stands for it where it is left out. */
  standard: string | undefined;
  example: string | undefined;
  /** The parts of an object, or of each object in a list. */
  fields: Field[];
};

/**
 * The properties of an object, or of each object in a list; none of one that has several shapes, and for everything else.
 * @param inside schemas in which it stands: one that has itself for a part is told once
 */
export function fieldsOf(asked: Schema, schemas: Schemas, inside: readonly Schema[] = []): Field[] {
  const schema = resolved(asked, schemas);
  if (inside.includes(schema)) return [];
  const { kinds } = kindsOf(schema);
  if (kinds.length > 1 && kinds.every((each) => resolved(each, schemas).properties)) return [];
  const [kind = schema] = kinds;
  const { properties, required = [], items } = resolved(kind, schemas);
  if (!properties) return items ? fieldsOf(items, schemas, [...inside, schema]) : [];
  return Object.entries(properties).map(([name, part]) =>
    fieldOf({ name, isRequired: required.includes(name), schema: part }, schemas, [...inside, schema, kind]),
  );
}

/** A parameter. Its example stands beside its schema. */
export const fieldOfParameter = ({ name, required, description, example, schema }: Parameter, schemas: Schemas) =>
  fieldOf(
    {
      name,
      isRequired: required === true,
      isParameter: true,
      schema: {
        ...schema,
        ...(description !== undefined && { description }),
        ...(example !== undefined && { examples: [example] }),
      },
    },
    schemas,
  );

type Asked = { name: string; isRequired: boolean; isParameter?: boolean; schema: Schema };

function fieldOf(
  { name, isRequired, isParameter = false, schema: asked }: Asked,
  schemas: Schemas,
  inside: readonly Schema[] = [],
): Field {
  const schema = resolved(asked, schemas);
  const { kinds, isNullable } = kindsOf(schema);
  const [first = schema] = kinds;
  const kind = resolved(first, schemas);
  const [example] = schema.examples ?? [];
  const fields = fieldsOf(schema, schemas, inside);
  return {
    name,
    type:
      isParameter && kinds.length > 1
        ? `${typeOf(first, schemas)}, may be repeated`
        : typesOf(kinds, isNullable, schemas),
    isRequired,
    words: runsOf(schema.description ?? ''),
    limits: limitsOf(kind),
    choices: (kind.enum ?? []).filter((choice) => choice !== null).map(shown),
    // An empty text is the same as none.
    standard: kind.default === undefined || kind.default === '' ? undefined : shown(kind.default),
    example: example === undefined || fields.length > 0 ? undefined : shown(example),
    fields,
  };
}

/** Texts stand in bodies and addresses: their quotation marks say nothing. */
const shown = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

const typesOf = (kinds: readonly Schema[], isNullable: boolean, schemas: Schemas) =>
  [...new Set(kinds.map((kind) => typeOf(kind, schemas))), ...(isNullable ? ['null'] : [])].join(' or ');

function typeOf(asked: Schema, schemas: Schemas): string {
  const schema = resolved(asked, schemas);
  if (schema.items) return `list of ${many[typeOf(schema.items, schemas)] ?? 'values'}`;
  if (schema.format === 'date-time') return 'time';
  return typeof schema.type === 'string' ? schema.type : 'value';
}

const many: Readonly<Record<string, string>> = { string: 'strings', object: 'objects', integer: 'integers' };

const isLimit = (value: number | undefined): value is number =>
  value !== undefined && Math.abs(value) < Number.MAX_SAFE_INTEGER;

const numbers = new Intl.NumberFormat('en');

/** Bounds as people say them. */
function limitsOf({ minimum, maximum, maxLength, maxItems }: Schema): string[] {
  const count = (value: number) => numbers.format(value);
  const limits: string[] = [];
  if (isLimit(minimum) && isLimit(maximum)) limits.push(`${count(minimum)} to ${count(maximum)}`);
  else if (isLimit(minimum)) limits.push(`${count(minimum)} or more`);
  else if (isLimit(maximum)) limits.push(`at most ${count(maximum)}`);
  if (maxLength !== undefined) limits.push(`at most ${count(maxLength)} characters`);
  if (maxItems !== undefined) limits.push(`at most ${count(maxItems)}`);
  return limits;
}
