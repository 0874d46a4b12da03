/** Rules of the house that read the words of a file. Each takes a text and answers with the places that break it. */

/** Calls that ask the clock. */
export const clocksIn = (source: string): string[] => source.match(/\bDate\.now\(\)|\bnew Date\(\)/g) ?? [];

/** Lines of a template that nobody can read without scrolling. */
export const longLinesIn = (template: string): string[] => template.split('\n').filter((line) => line.length > 240);

/** Logic that belongs to the code that calls a template: patterns and the parsing of addresses. */
export function logicIn(template: string): string[] {
  const code = [...template.matchAll(/<%(?!~? *\/\*)([\s\S]*?)%>/g)].map(([, text = '']) =>
    text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/'[^'\n]*'|"[^"\n]*"/g, "''"),
  );
  return code.flatMap(
    (text) => text.match(/\bnew (?:URL|RegExp)\(|(?:^|[(=,:?&|!])\s*\/[^/*\s][^\n]*?\/[dgimsuvy]*/g) ?? [],
  );
}

/** Colours that a style sheet writes out, instead of by a token. A transparent one is none. */
export const literalColoursIn = (sheet: string): string[] =>
  sheet
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .match(
      /#(?!0000\b)[\da-f]{3,8}\b(?=[^{}]*[;}])|\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch)\((?!from\b)|(?<=:[^;{}]*)(?<![-\w])(?:white|black)(?![-\w])/gi,
    ) ?? [];

/** Names of tests that say several things, or more than a line of a report holds. */
export const longNamesIn = (source: string): string[] =>
  [
    ...source.matchAll(
      /(?:\b(?:it|test|describe)(?:\.\w+(?:\([^\n]*\))?)*|^[^\S\n]*[\])}]*\))\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/gm,
    ),
  ].flatMap(([, , name = '']) => (name.length > 95 || name.includes(';') ? [name] : []));

/** Sentences of the comments of a source. A tag of a comment (`@param`) begins a sentence. */
function sentencesIn(source: string): string[] {
  const comments: string[] = [];
  let isOpen = false;
  for (const line of source.split('\n')) {
    const text = /^\s*(?:\/\/|\/\*\*?|\*(?!\/))\s?(.*?)(?:\*\/)?$/.exec(line)?.[1];
    if (text === undefined) comments.push(/\s\/\/ (.*)$/.exec(line)?.[1] ?? '');
    else if (isOpen) comments.push(`${comments.pop()} ${text}`);
    else comments.push(text);
    isOpen = text !== undefined;
  }
  return comments
    .flatMap((comment) => comment.split(/(?<=[.?!])\s+(?=[A-Z`@'“])|\s(?=@(?:param|returns?|throws)\b)/))
    .map((sentence) => sentence.replace(/^@(?:param \w+|returns?|throws)\s*/, '').trim())
    .filter(Boolean);
}

/** Sentences of comments that are longer than 25 words. */
export const longSentencesIn = (source: string): string[] =>
  sentencesIn(source).filter((sentence) => sentence.split(/\s+/).length > 25);

/** Sentences of comments that begin with a word that names nothing. */
export const namelessSubjectsIn = (source: string): string[] =>
  sentencesIn(source).filter((sentence) => /^(?:What|Who|Where|Whoever)\b/.test(sentence));
