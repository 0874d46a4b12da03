import type { FastifyReply, FastifyRequest } from 'fastify';

const goalCookie = '_goal';
/** How long a choice is remembered, in seconds, as that of a period. */
const keptSeconds = 120 * 86_400;

/** The goal of a report: the one that its address names, or else the one that this person chose last. */
export function keepGoal(request: FastifyRequest, reply: FastifyReply, asked: string | undefined): string | undefined {
  const kept = request.readSigned(goalCookie);
  if (asked === undefined) return kept;
  if (asked !== kept) reply.setSigned(goalCookie, asked, { maxAge: keptSeconds });
  return asked;
}
