import { byteOrderMark, csvLine } from '../../ground/text/csv.ts';
import type { Link } from '../links/queries.ts';
import { linkOptions, showOptions } from '../options/list.ts';

/** A CSV file of links that were made together: the short link, then the options of each. */
export function writeSet(links: readonly Link[]): string {
  const options = Object.values(linkOptions);
  const lines = links.map((link) => {
    const texts = showOptions(link);
    return csvLine([link.shortUrl, ...options.map(({ name }) => texts[name as keyof typeof texts])]);
  });
  return byteOrderMark + csvLine(['short_link', ...options.map(({ csv }) => csv.header)]) + lines.join('');
}
