import type { Answer, Person } from './app.ts';
import { fieldsOf } from './form.ts';

/** The message that an answer left, on the page that it leads to: its words, and the fields of its form. */
export async function messageAfter(
  person: Person,
  answer: Answer,
): Promise<{ text: string; undo: Record<string, string> | undefined; page: Answer }> {
  const flash = answer.headers['set-cookie']?.find((line) => line.startsWith('waymark_flash'))?.split(';', 1)[0];
  const cookie = [person.cookie, flash].filter(Boolean).join('; ');
  const page = await person.ask(answer.headers.location ?? '', { headers: { cookie } });
  const toast = /<div class="toast"[\s\S]*?<p>([\s\S]*?)<\/p>[\s\S]*?<\/div>/.exec(page.text)?.[1] ?? '';
  const isOffered = page.text.includes('/history/undo"');
  return { text: toast, undo: isOffered ? fieldsOf(page, '/history/undo') : undefined, page };
}

/** Presses the Undo of the message that an answer left. @returns undefined where none is offered */
export async function pressUndo(person: Person, answer: Answer): Promise<Answer | undefined> {
  const { undo } = await messageAfter(person, answer);
  return undo && person.ask(`/w/${person.workspace.slug}/history/undo`, { form: undo });
}
