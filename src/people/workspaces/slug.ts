/** A workspace's word in our URLs: lower case letters and figures of ASCII, single hyphens between. */
export const slugPattern = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

export const slugLength = 40;

/** The word for a name: 'Café Crème & Co.' -> 'cafe-creme-co', "Ada's team" -> 'ada-team'. A name without a usable letter becomes 'workspace'. */
export function slugOfName(name: string): string {
  const words = name
    .normalize('NFKD')
    .replaceAll(/['’]s\b|['’]|\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, slugLength)
    .replaceAll(/^-+|-+$/g, '');
  return words || 'workspace';
}
