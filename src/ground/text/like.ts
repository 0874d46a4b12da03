/** The pattern by which LIKE and ILIKE find a text anywhere in another one: of its signs, none is a wildcard. */
export function patternOf(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}
