import { z } from 'zod';
import { typed } from '../../ground/http/typed.ts';

/** Ids of events come from a sequence. Another text is the id of none. */
export const eventParams = z.object({
  workspace: z.string(),
  eventId: z
    .string()
    .regex(/^\d{1,15}$/)
    .catch('0')
    .transform(Number),
});

/** Ids of requests are ours, or those that a proxy gave. */
export const requestParams = z.object({
  workspace: z.string(),
  requestId: z
    .string()
    .regex(/^[\w.:-]{1,64}$/)
    .catch('-'),
});

/** `seen`: digest of what the page showed, of a person who wants it nevertheless. `back`: path of the page to return to. */
export const undoForm = z.object({ seen: typed, back: typed }).catch({ seen: '', back: '' });

/** The form of a message. `request`: the one that the message tells of. */
export const undoLastForm = z
  .object({
    request: z
      .string()
      .regex(/^[\w.:-]{1,64}$/)
      .catch('-'),
    back: typed,
  })
  .catch({ request: '-', back: '' });

/**
 * The path of a page of this workspace, to return to.
 * @returns `otherwise` for what is none
 */
export function pathBack(text: string, workspace: { slug: string; id: string }, otherwise: string): string {
  const isOurs = [workspace.slug, workspace.id].some((word) => text.startsWith(`/w/${word}/`));
  if (!isOurs || !URL.canParse(text, 'http://here')) return otherwise;
  const { pathname, search } = new URL(text, 'http://here');
  return `${pathname}${search}`;
}
