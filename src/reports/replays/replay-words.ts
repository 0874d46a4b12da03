import type { Leaf } from '../../ground/addresses/route.ts';
import { formatNumber, formatPercent } from '../../ground/text/format.ts';
import type { Replay, ReplayPlace } from './replay.ts';

/** A replay as views/reports/replays/_replay.eta shows it: plain words and numbers. */
export type ShownReplay = {
  /** '12,431 of 80,201 clicks of the last 30 days would have gone elsewhere.' */
  sentence: string;
  /** Visitors are split, so that the number is what can be expected. */
  isEstimate: boolean;
  rows: { from: string; to: string; moved: number; share: string }[];
  /** '120 clicks cannot be told, because hits do not keep the parameter ref.' */
  unknown: string | null;
};

/** The thing that hits lack to answer a question. */
export function lossInWords(leaf: Leaf): string {
  switch (leaf.what) {
    case 'query':
      return `the parameter ${leaf.name}`;
    case 'language':
      return 'more of the language than its first part';
    case 'channel':
      return 'the channel without the tags of the address that was opened';
    case 'entry':
    case 'slug':
    case 'domain':
      return `the ${leaf.what === 'entry' ? 'slug' : leaf.what} of some hits`;
    default:
      return `rare values of the ${leaf.what === 'app' ? 'browser' : leaf.what}`;
  }
}

export function showReplay({ clicks, moved, isEstimate, unknown, moves, lost }: Replay): ShownReplay {
  const number = `${isEstimate ? 'About ' : ''}${formatNumber(moved)} of ${formatNumber(clicks)} clicks of the last 30 days`;
  const reasons = new Intl.ListFormat('en').format(lost.slice(0, 3).map(({ leaf }) => lossInWords(leaf)));
  return {
    sentence:
      clicks === 0
        ? 'Nobody clicked in the last 30 days, so that there is nothing to replay.'
        : moved === 0
          ? `None of ${formatNumber(clicks)} clicks of the last 30 days would have gone elsewhere.`
          : `${number} would have gone elsewhere.`,
    isEstimate: isEstimate && moved > 0,
    rows: moves
      .filter((move) => move.moved > 0)
      .map(({ from, to, moved: some }) => {
        return { from: placeInWords(from), to: placeInWords(to), moved: some, share: formatPercent(some / clicks) };
      }),
    unknown:
      unknown === 0
        ? null
        : `${formatNumber(unknown)} of them cannot be told, because hits do not keep ${reasons === '' ? 'what the rules ask' : reasons}.`,
  };
}

function placeInWords({ by, rule, addresses }: ReplayPlace): string {
  const where = addresses
    .map(({ url, share }) => {
      const address = url.replace(/^https?:\/\/(?:www\.)?/i, '');
      return addresses.length === 1 ? address : `${formatPercent(share)} ${address}`;
    })
    .join(', ');
  const who = by === 'rule' ? (rule ?? 'A rule') : by === 'test' ? 'A/B test' : 'The link’s own address';
  return `${who}: ${where}`;
}
