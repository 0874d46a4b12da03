import type { FastifyReply, FastifyRequest } from 'fastify';
import { type AskedPeriod, type Interval, periodNames } from '../counts/period.ts';

const periodCookie = '_period';
/** How long a choice is remembered, in seconds: some months, for people who look once a quarter. */
const keptSeconds = 120 * 86_400;

type Asked = AskedPeriod & { interval?: Interval | undefined };

/**
 * The period of a report: the one that its address names, or else the named one that this person chose last. Days of
 * one's own are not remembered: next month they would hide what is new.
 */
export function keepPeriod<Query extends Asked>(request: FastifyRequest, reply: FastifyReply, asked: Query): Query {
  const kept = periodNames.find((name) => name === request.readSigned(periodCookie));
  if (asked.period && asked.period !== kept) reply.setSigned(periodCookie, asked.period, { maxAge: keptSeconds });
  const isOpen = !asked.period && !asked.from && !asked.to && !asked.interval;
  return isOpen && kept ? { ...asked, period: kept } : asked;
}
