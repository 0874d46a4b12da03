const regions = new Intl.DisplayNames('en', { type: 'region' });
const shortRegions = new Intl.DisplayNames('en', { type: 'region', style: 'short' });
const languages = new Intl.DisplayNames('en', { type: 'language' });

// Their long names say more than a table needs: "Hong Kong SAR China". Elsewhere the long ones read better.
const SHORT_NAMED = new Set(['HK', 'MO', 'PS']);

/** 'DE' -> 'Germany'. A code that is no country comes back as it is; an empty one is 'Unknown'. */
export function countryName(code: string): string {
  if (!code) return 'Unknown';
  return nameOf(SHORT_NAMED.has(code) ? shortRegions : regions, code);
}

/** 'pt-BR' -> 'Brazilian Portuguese'. A tag that is no language comes back as it is; an empty one is 'Unknown'. */
export function languageName(tag: string): string {
  return tag ? nameOf(languages, tag) : 'Unknown';
}

function nameOf(names: Intl.DisplayNames, code: string): string {
  try {
    return names.of(code) ?? code;
  } catch {
    return code;
  }
}
