import { hourlyCache } from '../../ground/time/hourly-cache.ts';

/**
 * Browsers that say "Chrome" in their agent and their own name in Sec-CH-UA alone (User-Agent Client Hints, 3.1), by brand
 * in lower case. Left out is what the agent tells as well.
 */
const names = new Map([
  ['avast secure browser', 'Avast Secure Browser'],
  ['avg secure browser', 'AVG Secure Browser'],
  ['avira secure browser', 'Avira Secure Browser'],
  ['brave', 'Brave'],
  ['ccleaner browser', 'CCleaner Browser'],
  ['coc coc', 'Coc Coc'],
  ['cốc cốc', 'Coc Coc'],
  ['duckduckgo', 'DuckDuckGo'],
  ['ecosia', 'Ecosia'],
  ['huaweibrowser', 'Huawei Browser'],
  ['iron', 'Iron'],
  ['mi browser', 'MIUI Browser'],
  ['norton private browser', 'Norton Private Browser'],
  ['norton secure browser', 'Norton Private Browser'],
  ['opera', 'Opera'],
  ['opera air', 'Opera'],
  ['opera gx', 'Opera'],
  ['opera mobile', 'Opera'],
  ['samsung internet', 'Samsung Internet'],
  ['sidekick', 'Sidekick'],
  ['vivaldi', 'Vivaldi'],
  ['wavebrowser', 'Wave'],
  ['whale', 'Whale'],
  ['yabrowser', 'Yandex'],
  ['yandex', 'Yandex'],
]);

/** Longer ones are made up: real ones have three or four brands. */
const longestHeader = 400;

/** A few hundred in use at a time: one a browser and version. */
const brands = hourlyCache<{ browser: string | undefined }>(2_000);

const brand = /"([^"]{1,60})"\s*;\s*v=/g;

/**
 * The browser that Sec-CH-UA names, where that is one which its agent hides.
 * @param header as sent: `"Chromium";v="142", "Brave";v="142", "Not_A Brand";v="99"`
 */
export function readBrand(header: string | string[] | undefined): string | undefined {
  if (typeof header !== 'string' || header.length > longestHeader) return undefined;
  let known = brands.get(header);
  if (known === undefined) {
    known = { browser: findBrand(header) };
    brands.set(header, known);
  }
  return known.browser;
}

function findBrand(header: string): string | undefined {
  for (const [, name = ''] of header.matchAll(brand)) {
    const known = names.get(name.toLowerCase());
    if (known !== undefined) return known;
  }
  return undefined;
}
