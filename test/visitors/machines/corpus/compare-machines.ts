/**
 * `npm run lists:machines`: what the newest public lists hold that the rules get wrong. Add a line to a list in src/clicks and one
 * to test/visitors/machines/corpus/requests.tsv for what should be known, raise the version in classify.ts, and pin the new versions.
 * With `--installed` the pinned versions are read.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { classify } from '../../../../src/visitors/machines/classify.ts';
import type { HitClass } from '../../../../src/visitors/machines/hit-class.ts';
import { packages, readMachines, readPeople, versionOf } from './lists.ts';

/** The class that a tag of crawler-user-agents stands for. */
const classOfTag = new Map<string, HitClass>([
  ['social-preview', 'preview'],
  ['scanner', 'scanner'],
  ['http-library', 'tool'],
]);

const navigation = { 'accept-language': 'en', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
const verdictOf = (agent: string) => classify({ method: 'GET', headers: { ...navigation, 'user-agent': agent } });
const say = (line: string) => process.stdout.write(`${line}\n`);

const isPinned = process.argv.includes('--installed');
const folder = isPinned ? undefined : mkdtempSync(join(tmpdir(), 'waymark-lists-'));
try {
  const from = folder ? join(folder, 'lists.js') : fileURLToPath(import.meta.url);
  if (folder) {
    const newest = packages.map((name) => `${name}@latest`);
    execFileSync('npm', ['install', '--prefix', folder, '--no-save', '--no-audit', '--ignore-scripts', ...newest]);
  }
  for (const name of packages) say(`${name} ${versionOf(from, name)}`);
  for (const { name, agents } of readPeople(from)) {
    for (const agent of agents) {
      const { class: found, reason } = verdictOf(agent);
      if (found !== 'human') say(`person called ${reason}\t${name}\t${agent}`);
    }
  }
  for (const { name, agents, exclusions, tagsOf } of readMachines(from)) {
    for (const agent of agents) {
      const { class: found, reason } = verdictOf(agent);
      if (found === 'human' && !exclusions.has(agent)) say(`machine called ${reason}\t${name}\t${agent}`);
      const wanted = (tagsOf.get(agent) ?? []).flatMap((tag) => classOfTag.get(tag) ?? []);
      if (found !== 'human' && wanted.length > 0 && !wanted.includes(found))
        say(`${wanted.join(' or ')} called ${reason}\t${name}\t${agent}`);
    }
  }
} finally {
  if (folder) rmSync(folder, { recursive: true });
}
