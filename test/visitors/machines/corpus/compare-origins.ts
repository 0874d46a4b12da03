import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { channelOfHost } from '../../../../src/visitors/visits/sources.ts';

/**
 * `npm run lists -- <file>...`: hosts of public lists of referrers that we have no channel for. A file is a copy of
 * Matomo's AIAssistants.yml, Socials.yml or SearchEngines.yml, or of Snowplow's referers.yml.
 */
const hostShape = /^(?:[a-z0-9_-]+\.)+[a-z]{2,}$/;

for (const file of process.argv.slice(2)) {
  const listed = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line.startsWith('- '))
    .map((line) =>
      line
        .slice(2)
        .replaceAll(/['"]/g, '')
        .trim()
        .toLowerCase()
        .replace(/^www\./, ''),
    )
    .filter((line) => hostShape.test(line));
  const unknown = [...new Set(listed)].filter((host) => channelOfHost(host) === undefined);
  console.log(`${basename(file)}: ${listed.length} hosts, ${unknown.length} without a channel`);
  for (const host of unknown) console.log(`  ${host}`);
}
