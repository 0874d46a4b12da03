import type { Answer, Person } from '../../setup/app.ts';

/** The words of a page, as somebody reads them: without tags, one space between two. */
export function textOf({ text }: Answer): string {
  return text
    .replaceAll(/<(script|style|head)\b.*?<\/\1>/gs, ' ')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ');
}

/** Makes a link through the form; returns the path of its page. */
export async function insertLinkAs(person: Person, slug: string): Promise<string> {
  const form = { url: `https://example.com/${slug}`, slug };
  const answer = await person.ask(`/w/${person.workspace.slug}/links`, { form });
  if (answer.status !== 303)
    throw new Error(`The link was answered with ${answer.status}: ${answer.text.slice(0, 1_000)}`);
  return answer.headers.location ?? '';
}
