/** A piece of a text: plain, code, something that is stressed, or a link. */
export type Run = { kind: 'text' | 'code' | 'strong' | 'link'; text: string; href?: string };

const marks = /`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\(([^)\s]+)\)/g;

/** Reads the Markdown that descriptions are written in: code, bold and links. Everything else is text as it stands. */
export function runsOf(markdown: string): Run[] {
  const runs: Run[] = [];
  let end = 0;
  for (const match of markdown.matchAll(marks)) {
    const [whole, code, strong, words = '', href = ''] = match;
    if (match.index > end) runs.push({ kind: 'text', text: markdown.slice(end, match.index) });
    if (code !== undefined) runs.push({ kind: 'code', text: code });
    else if (strong !== undefined) runs.push({ kind: 'strong', text: strong });
    else runs.push({ kind: 'link', text: words, href });
    end = match.index + whole.length;
  }
  if (end < markdown.length) runs.push({ kind: 'text', text: markdown.slice(end) });
  return runs;
}

/** The same of a text of several paragraphs. */
export const paragraphsOf = (markdown: string): Run[][] =>
  markdown
    .split(/\n{2,}/)
    .map((paragraph) => paragraph.trim().replaceAll(/\s*\n\s*/g, ' '))
    .filter(Boolean)
    .map(runsOf);
