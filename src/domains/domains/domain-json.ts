import { z } from 'zod';

const instant = z.date().nullable();

/** A domain, as the reference shows it. */
export const exampleOfDomain = {
  id: 'H6gFzT1mQx7c',
  host: 'go.acme.com',
  state: 'waiting',
  fault: 'txt_missing',
  createdAt: '2026-11-22T14:05:00.000Z',
  provedAt: null,
  checkedAt: '2026-11-22T14:06:00.000Z',
  failingSince: null,
};

/** A domain as programs read it, without its records and settings. */
export const domainJson = z
  .object({
    id: z.string().describe('Identifies it, and never changes.'),
    host: z.string().describe('The name of the domain, in lower case. One with special letters is in Punycode.'),
    state: z
      .enum(['waiting', 'live', 'paused', 'removed'])
      .describe(
        '`waiting` until its records are right, then `live`. `paused` when they have been wrong for a week: its links do not open then.',
      ),
    fault: z
      .string()
      .nullable()
      .describe('The `code` of the worst fault that the last check found, `null` when all was right.'),
    createdAt: z.date().describe('When it was added.'),
    provedAt: instant.describe('When its records were right for the first time.'),
    checkedAt: instant.describe('When its records were last looked up.'),
    failingSince: instant.describe('Since when the records of a live domain have been wrong.'),
  })
  .meta({
    id: 'Domain',
    examples: [exampleOfDomain],
  });

/** The part of an address that names a domain. */
export const domainParams = z.object({
  id: z
    .string()
    .regex(/^\w+$/)
    .describe('The id of the domain.')
    .meta({ examples: [exampleOfDomain.id] }),
});
