/** The parts of OpenAPI 3.1 that the description of our API is made of. */

export type Schema = {
  $ref?: string;
  type?: string | readonly string[];
  format?: string;
  description?: string;
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  items?: Schema;
  anyOf?: readonly Schema[];
  enum?: readonly unknown[];
  const?: unknown;
  default?: unknown;
  examples?: readonly unknown[];
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  maxItems?: number;
};

export type Parameter = {
  name: string;
  in: 'path' | 'query';
  required?: boolean;
  description?: string;
  example?: unknown;
  schema: Schema;
};

/** Bodies by their media types. */
export type Content = Readonly<Record<string, { schema: Schema; example?: unknown }>>;

export type Operation = {
  operationId: string;
  summary: string;
  description?: string;
  tags: readonly string[];
  parameters?: readonly Parameter[];
  requestBody?: { description?: string; content: Content };
  responses: Readonly<Record<string, { description: string; content?: Content }>>;
};

export type Description = {
  info: { title: string; version: string };
  servers: readonly { url: string }[];
  tags: readonly { name: string; description: string }[];
  paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  components: { schemas: Readonly<Record<string, Schema>> };
};

/** Schemas by the names that others refer to them by. */
export type Schemas = Description['components']['schemas'];

/** The schema itself, where one stands for it. Words beside the reference, such as a description, count more than its own. */
export function resolved(schema: Schema, schemas: Schemas): Schema {
  if (schema.$ref === undefined) return schema;
  const { $ref, ...beside } = schema;
  const meant = schemas[$ref.slice('#/components/schemas/'.length)];
  if (!meant) throw new Error(`The description of the API has no ${$ref}.`);
  return { ...meant, ...beside };
}

/** The kinds of value that a schema takes besides null, and whether it takes that. */
export function kindsOf(schema: Schema): { kinds: readonly Schema[]; isNullable: boolean } {
  const { anyOf, type } = schema;
  const isNull = (each: Schema) => each.type === 'null';
  if (anyOf) return { kinds: anyOf.filter((each) => !isNull(each)), isNullable: anyOf.some(isNull) };
  if (!Array.isArray(type)) return { kinds: [schema], isNullable: false };
  const others = type.filter((name) => name !== 'null');
  return { kinds: others.map((name) => ({ ...schema, type: name })), isNullable: others.length < type.length };
}
