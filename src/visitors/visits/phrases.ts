/** Names, each with the phrases that give it away. */
export type PhraseTable = Readonly<Record<string, readonly string[]>>;

/**
 * Compiles a table into a finder: text in, the name whose phrase stands in it out.
 * A phrase is plain text in lower case and matches whole words in any case, so `bot` is not found in `cubot`.
 * A leading `^` ties it to the start of the text. The leftmost phrase wins, at one place the longest.
 * The expression holds no repetition, so its cost grows with the length of the text and nothing else.
 */
export function compilePhrases(table: PhraseTable): (text: string) => string | undefined {
  const nameOf = new Map<string, string>();
  const anchored: string[] = [];
  const loose: string[] = [];
  for (const [name, phrases] of Object.entries(table)) {
    for (const phrase of phrases) {
      const isAnchored = phrase.startsWith('^');
      const words = isAnchored ? phrase.slice(1) : phrase;
      if (nameOf.has(words)) throw new Error(`The phrase "${words}" stands for two names.`);
      nameOf.set(words, name);
      (isAnchored ? anchored : loose).push(words);
    }
  }
  const parts = [];
  if (anchored.length > 0) parts.push(`^${alternatives(anchored)}`);
  if (loose.length > 0) parts.push(`(?<![a-z0-9])${alternatives(loose)}`);
  const expression = new RegExp(parts.join('|'), 'i');

  return (text) => {
    const found = expression.exec(text);
    return found === null ? undefined : nameOf.get(found[0].toLowerCase());
  };
}

function alternatives(phrases: string[]): string {
  const longestFirst = phrases.toSorted((a, b) => b.length - a.length);
  return `(?:${longestFirst.map(wholeWords).join('|')})`;
}

function wholeWords(phrase: string): string {
  const escaped = phrase.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  return /[a-z0-9]$/.test(phrase) ? `${escaped}(?![a-z0-9])` : escaped;
}
