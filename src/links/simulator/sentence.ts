import type { Simulation } from './simulate.ts';

/** A sentence about an address, which may stand in the middle of it. */
export type SimulationSentence = { before: string; url: string | null; after: string };

const endings = {
  archived: 'The link is archived',
  retired: 'The slug belongs to no link any more',
  deleted: 'The workspace is deleted',
} as const;

/** The outcome of a simulation: 'This visitor goes to …, by the rule “Germans”.' */
export function sentenceOfSimulation(simulation: Simulation): SimulationSentence {
  const { kind, by, answers, endedBy } = simulation;
  const [first, ...others] = answers;
  const url = first?.url ?? null;
  if (kind === 'unserved')
    return whole('The domain of this link does not serve short links yet: its visitors find nothing.');
  if (kind === 'preview')
    return { before: 'This visitor sees a page that tells where the link leads:', url, after: '' };
  if (kind === 'ended') {
    const why = endings[endedBy ?? 'archived'];
    if (url === null) return whole(`${why}. This visitor sees a page that says so.`);
    return { before: `${why}. This visitor goes to`, url, after: ', the domain’s address for links that have ended.' };
  }
  const reason = reasonOf(simulation);
  if (others.length > 0)
    return whole(
      `This visitor goes to one of ${answers.length} addresses${reason}. Their address and browser decide which.`,
    );
  if (first && first.status < 300)
    return { before: 'This visitor sees a page that offers an app, and beside it', url, after: `${reason}.` };
  const who =
    simulation.class === 'human'
      ? 'This visitor goes to'
      : 'This visitor is no person, so that no rule is asked. It goes to';
  return {
    before: who,
    url,
    after: by === 'own' && simulation.rules.length === 0 ? ', the link’s own address.' : `${reason}.`,
  };
}

/** The same as one text. */
export const textOfSentence = ({ before, url, after }: SimulationSentence): string =>
  url === null ? before : `${before} ${url}${after}`;

const whole = (before: string): SimulationSentence => ({ before, url: null, after: '' });

function reasonOf({ by, rules, class: kind }: Simulation): string {
  if (by === 'rule') return `, by the rule “${rules.find(({ outcome }) => outcome === 'matched')?.name ?? ''}”`;
  if (by === 'test') return kind === 'human' ? ', by the A/B test' : ', the first address of the A/B test';
  return rules.length > 0 && kind === 'human'
    ? ', the link’s own address, because no rule holds'
    : ', the link’s own address';
}
