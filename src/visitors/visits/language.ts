/** Subtags that old systems still send for what ISO 639 now writes otherwise (BCP 47, "deprecated"). */
const renamed = new Map([
  ['iw', 'he'],
  ['in', 'id'],
  ['ji', 'yi'],
  ['jw', 'jv'],
  ['mo', 'ro'],
]);

/** One entry of Accept-Language: a language range and maybe a weight (RFC 9110, 12.5.4). */
const entryShape = /^([a-z]{2,3})((?:-[a-z0-9]{1,8})*)(?:\s*;\s*q=([01](?:\.\d{0,3})?))?$/i;

/**
 * The language that a visitor likes best.
 * @param acceptLanguage the header; what stands after its first 200 characters is not read
 * @returns the whole tag in lower case ("pt-br"), or null when no entry is valid
 */
export function readLocale(acceptLanguage: string | undefined): string | null {
  if (!acceptLanguage) return null;
  let best: string | null = null;
  let bestSubtags = '';
  let bestWeight = 0;
  for (const entry of acceptLanguage.slice(0, 200).split(',')) {
    const match = entryShape.exec(entry.trim());
    if (match?.[1] === undefined) continue;
    const weight = match[3] === undefined ? 1 : Number(match[3]);
    if (weight > bestWeight) {
      best = match[1];
      bestSubtags = match[2] ?? '';
      bestWeight = weight;
    }
    if (bestWeight >= 1) break;
  }
  if (best === null) return null;
  const language = best.toLowerCase();
  return (renamed.get(language) ?? language) + bestSubtags.toLowerCase();
}

/** The primary subtag of a tag that readLocale gave: "pt" of "pt-br". */
export function languageOf(locale: string): string {
  const dashAt = locale.indexOf('-');
  return dashAt < 0 ? locale : locale.slice(0, dashAt);
}
