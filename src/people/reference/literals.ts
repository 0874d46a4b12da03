/** How a language writes the values that JSON has. */
export type Dialect = {
  nothing: string;
  yes: string;
  no: string;
  text: (value: string) => string;
  /** The name of a property. */
  name: (value: string) => string;
  indent: string;
  /** Stands after the last part of a list that takes several lines. */
  lastComma: string;
};

const quoted = (value: string) => JSON.stringify(value);

/** A text between single quotation marks; JSON's other escapes are JavaScript's too. */
function singleQuoted(value: string): string {
  const inside = quoted(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${inside}'`;
}

export const json: Dialect = {
  nothing: 'null',
  yes: 'true',
  no: 'false',
  text: quoted,
  name: quoted,
  indent: '  ',
  lastComma: '',
};

export const javaScript: Dialect = {
  ...json,
  text: singleQuoted,
  name: (value) => (/^[a-z_$][\w$]*$/i.test(value) ? value : singleQuoted(value)),
  lastComma: ',',
};

export const python: Dialect = { ...json, nothing: 'None', yes: 'True', no: 'False', indent: '    ', lastComma: ',' };

/** A list of short words stays on its line. */
const longestLine = 60;

/**
 * Writes a value in a language, one property a line.
 * @param value something that JSON can hold
 * @param depth how many indents its first line has
 */
export function literal(value: unknown, dialect: Dialect, depth = 0): string {
  if (value === null || value === undefined) return dialect.nothing;
  if (typeof value === 'boolean') return value ? dialect.yes : dialect.no;
  if (typeof value === 'string') return dialect.text(value);
  if (typeof value !== 'object') return JSON.stringify(value);
  const write = (part: unknown) => literal(part, dialect, depth + 1);
  const isList = Array.isArray(value);
  const parts = isList
    ? value.map(write)
    : Object.entries(value).map(([name, part]) => `${dialect.name(name)}: ${write(part)}`);
  const [open, close] = isList ? ['[', ']'] : ['{', '}'];
  const line = `${open}${parts.join(', ')}${close}`;
  if (parts.length === 0 || (isList && line.length <= longestLine && !line.includes('\n'))) return line;
  const [around, inside] = [dialect.indent.repeat(depth), dialect.indent.repeat(depth + 1)];
  return `${open}\n${parts.map((part) => inside + part).join(',\n')}${dialect.lastComma}\n${around}${close}`;
}
