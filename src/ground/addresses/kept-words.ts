import { plural } from '../text/format.ts';

/**
 * First segments that later interfaces answer at, those of other shorteners' programs above all: no new slug may be one.
 * Lower case, as `foldCase` gives it. Links that had one before go on working.
 */
export const keptEverywhere: readonly string[] = ['yourls-api.php', 'rest', 'v4', 'see', 'api'];

/** The same on the server's own hosts alone. */
export const keptOnOwnHosts: readonly string[] = ['pb', 'px', 'report', 'upload', 'raw', '.well-known'];

/** As many links are named. */
const maxNamed = 10;

/**
 * A warning for admins about links whose slug is such a word.
 * @param links 'go.acme.com/see'
 * @returns undefined where there are none
 */
export function warningAboutKept(links: readonly string[]): string | undefined {
  if (links.length === 0) return undefined;
  const [have, them] = links.length === 1 ? ['has', 'it'] : ['have', 'them'];
  const more = links.length > maxNamed ? ` and ${links.length - maxNamed} more` : '';
  return `${plural(links.length, 'link')} ${have} a slug that Waymark keeps for interfaces to come: ${links.slice(0, maxNamed).join(', ')}${more}. They work as before; share other links in place of ${them} when you can.`;
}
