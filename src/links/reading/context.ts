import type { Db } from '../../ground/db/db.ts';

/** The parts of the server that reading an option may need. A Fastify app has them all. */
export type LinkContext = {
  db: Db;
  sites: { isOwnShortHost: (hostHeader: string) => boolean };
  config: { shortUrl: string; port: number };
  isReservedSlug: (key: string, isOwnHost?: boolean) => boolean;
  /** Answers of the database while many links are read, so that each is asked for once. */
  answers?: Map<string, Promise<unknown>>;
};

/** Asks once for all links that are read together. @param key names the question */
export function askedOnce<Answer>(
  { answers }: Pick<LinkContext, 'answers'>,
  key: string,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  const known = answers?.get(key) as Promise<Answer> | undefined;
  if (known) return known;
  const answer = ask();
  answers?.set(key, answer);
  return answer;
}
