import { z } from 'zod';
import { typed } from '../../ground/http/typed.ts';
import { nextPath } from '../../people/accounts/next-path.ts';

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
  const path = nextPath(text);
  return [workspace.slug, workspace.id].some((word) => path.startsWith(`/w/${word}/`)) ? path : otherwise;
}
