import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from './setup/project-root.ts';

/** The rules of the house (src/README.md), so that nobody has to remember them. */

const filesBelow = (folder: string, ending: string) =>
  readdirSync(join(projectRoot, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(projectRoot, join(entry.parentPath, entry.name)))
    .toSorted();

const read = (file: string) => readFileSync(join(projectRoot, file), 'utf8');
const sources = filesBelow('src', '.ts');
const templates = filesBelow('views', '.eta');

/** What a file imports from the project, by path from the root; imports of types alone too: they are arrows as well. */
const importsOf = new Map(
  sources.map((file) => [
    file,
    [...read(file).matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+\.ts)'/g)].map((match) =>
      normalize(join(dirname(file), match[1] ?? '')),
    ),
  ]),
);

/** A room is a folder of src; a file on the ground floor is a room of its own. */
const roomOf = (file: string) => (dirname(file) === 'src' ? file : file.split('/').slice(0, 2).join('/'));

function circleIn(arrows: Map<string, Set<string>>): string[] | undefined {
  const done = new Set<string>();
  const walk = (node: string, path: string[]): string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return undefined;
    done.add(node);
    for (const next of arrows.get(node) ?? []) {
      const circle = walk(next, [...path, node]);
      if (circle) return circle;
    }
    return undefined;
  };
  for (const node of arrows.keys()) {
    const circle = walk(node, []);
    if (circle) return circle;
  }
  return undefined;
}

describe('the house', () => {
  it('has no circles between files', () => {
    expect(importsOf.size).toBeGreaterThan(80);
    expect(circleIn(new Map([...importsOf].map(([file, imports]) => [file, new Set(imports)])))).toBeUndefined();
  });

  it('has no circles between rooms', () => {
    const arrows = new Map<string, Set<string>>();
    for (const [file, imports] of importsOf) {
      const from = arrows.get(roomOf(file)) ?? new Set();
      for (const target of imports) if (roomOf(target) !== roomOf(file)) from.add(roomOf(target));
      arrows.set(roomOf(file), from);
    }
    expect(circleIn(arrows)).toBeUndefined();
  });

  it('keeps SQL and HTTP in different files', () => {
    const mixed = sources.filter(
      (file) => /from '[^']*db\/schema\.ts'/.test(read(file)) && /from '(?:fastify|@fastify\/[^']+)'/.test(read(file)),
    );
    expect(mixed).toEqual([]);
  });

  it('reads the environment in config.ts alone', () => {
    expect(sources.filter((file) => file !== 'src/config.ts' && read(file).includes('process.env'))).toEqual([]);
  });

  it('has no file whose name says nothing', () => {
    const names = /^(utils?|helpers?|common|misc|lib|types|services?|managers?|repositor(y|ies))(\.|$)/;
    expect(sources.filter((file) => file.split('/').some((part) => names.test(part)))).toEqual([]);
  });

  it('has no source file over 300 lines but the schema', () => {
    const long = sources
      .filter((file) => file !== 'src/db/schema.ts')
      .map((file) => `${file}: ${read(file).split('\n').length - 1}`)
      .filter((line) => Number(line.split(': ')[1]) > 300);
    expect(long).toEqual([]);
  });

  it('names every template that exists, and every template that is named exists', () => {
    const texts = [...sources, ...templates].map((file) => ({ file, text: read(file) }));
    const named = new Set<string>();
    for (const { file, text } of texts) {
      for (const [, name = ''] of text.matchAll(/['"`]\/?((?:[a-z-]+\/)*_?[a-z-]+\.eta)['"`]/g)) {
        const beside = normalize(join(dirname(file), name));
        named.add(
          file.endsWith('.eta') && !name.includes('/') && existsSync(join(projectRoot, beside))
            ? beside
            : `views/${name}`,
        );
      }
    }
    expect([...named].filter((name) => !templates.includes(name)).toSorted()).toEqual([]);
    expect(templates.filter((name) => !named.has(name))).toEqual([]);
  });

  it('mirrors its rooms in views and test', () => {
    const rooms = new Set(sources.map((file) => basename(roomOf(file))));
    const shared = new Set(['components', 'layouts', 'setup', 'bench', 'faults', 'access']);
    for (const folder of ['views', 'test']) {
      const strangers = readdirSync(join(projectRoot, folder), { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && !rooms.has(entry.name) && !shared.has(entry.name))
        .map((entry) => `${folder}/${entry.name}`);
      expect(strangers).toEqual([]);
    }
  });
});
