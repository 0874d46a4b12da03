import type { Answer } from '../../setup/app.ts';

/** The words of a page, as somebody reads them: without tags, one space between two. */
export function textOf({ text }: Answer): string {
  return text
    .replaceAll(/<(script|style|head)\b.*?<\/\1>/gs, ' ')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ');
}
