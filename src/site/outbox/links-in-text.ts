export type TextPart = { text: string; href?: string };

/** Cuts a plain text at its http(s) addresses, so that a page can show them as links. The parts joined are the text. */
export function textWithLinks(text: string): TextPart[] {
  return text
    .split(/(https?:\/\/\S+)/)
    .map((part, index) => (index % 2 === 1 ? { text: part, href: part } : { text: part }))
    .filter((part) => part.text !== '');
}
