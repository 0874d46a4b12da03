import { kindsOf, resolved, type Schema, type Schemas } from './openapi.ts';

/**
 * A value that a schema takes: the example that stands at it, whose missing properties are those of its parts.
 * @param isSent whether programs send it. They leave out what they need not say, unless it has an example
 */
export function exampleOf(asked: Schema, schemas: Schemas, isSent = false): unknown {
  const schema = resolved(asked, schemas);
  const [given] = schema.examples ?? [];
  const { kinds, isNullable } = kindsOf(schema);
  const kind = resolved(kinds[0] ?? schema, schemas);
  if (kind.properties && kinds.length === 1)
    return isSent && given !== undefined ? given : exampleOfParts(kind, given ?? {}, schemas, isSent);
  if (given !== undefined) return given;
  if (kind.const !== undefined) return kind.const;
  if (kind.default !== undefined) return kind.default;
  if (kind.enum) return kind.enum[0];
  if (kind.items) return [exampleOf(kind.items, schemas, isSent)];
  if (isNullable) return null;
  if (kind.format === 'date-time') return '2026-11-22T14:05:00.000Z';
  if (kind.type === 'boolean') return false;
  if (kind.type === 'integer' || kind.type === 'number') return Math.max(kind.minimum ?? 0, 0);
  return 'text';
}

/** Properties in their order. @param given those that the example of the whole has */
const exampleOfParts = ({ properties = {}, required = [] }: Schema, given: object, schemas: Schemas, isSent: boolean) =>
  Object.fromEntries(
    Object.entries(properties)
      .filter(([name, part]) => name in given || required.includes(name) || (isSent && part.examples !== undefined))
      .map(([name, part]) => [
        name,
        name in given ? given[name as keyof typeof given] : exampleOf(part, schemas, isSent),
      ]),
  );
