/**
 * Makes public/build: what browsers load and no one edits, compressed once. Runs after tsc, which has checked the scripts.
 * Run it as `node dist/ground/assets/build.js` or by tsx.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { Emitter } from './emit.ts';
import { iconNames } from './icons.ts';
import { gatherLicences } from './licences.ts';
import { buildWorldMap } from './world-map.ts';

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL('../../..', import.meta.url));
const publicDir = join(root, 'public');
const emitter = new Emitter(join(publicDir, 'build'));

/** Path of a file of a package. @param from a part of it that it lets others import */
function packageFile(from: string, path: string): string {
  return join(dirname(require.resolve(from)), path);
}

/** One script with all that it imports: one request, and nothing half loaded. */
async function buildScript(name: string, format: 'esm' | 'iife'): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'src/site/browser', `${name}.ts`)],
    bundle: true,
    minify: true,
    write: false,
    format,
    target: 'es2022',
    legalComments: 'none',
  });
  for (const { contents } of outputFiles) await emitter.emit(`${name}.js`, Buffer.from(contents));
}

/** One stylesheet of views/, with what it imports, minified. @param fonts by the names that it calls them */
async function buildStyles(name: string, fonts: ReadonlyMap<string, string>): Promise<void> {
  const tailwind = packageFile('@tailwindcss/cli/package.json', 'dist/index.mjs');
  const { stdout } = await run(process.execPath, [tailwind, '--minify', '--input', join(root, 'views', name)], {
    cwd: root,
    maxBuffer: 8_000_000,
  });
  await emitter.emit(
    name,
    stdout.replaceAll(/url\((["']?)\.\/([^"')]+)\1\)/g, (_url, _quote, file: string) => {
      const hashed = fonts.get(file);
      if (!hashed) throw new Error(`views/${name} names ${file}, which nobody makes`);
      return `url(./${hashed})`;
    }),
  );
}

/** The `<symbol>` of a Lucide icon; strokes take the colour of the text around them. */
async function iconSymbol(name: string): Promise<string> {
  const svg = await readFile(packageFile('lucide-static/package.json', `icons/${name}.svg`), 'utf8');
  const shapes = svg.slice(svg.indexOf('>', svg.indexOf('<svg')) + 1, svg.lastIndexOf('</svg>'));
  return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">${shapes.replaceAll(/\s*\n\s*/g, '')}</symbol>`;
}

async function buildIcons(): Promise<void> {
  const symbols = await Promise.all(iconNames.map(iconSymbol));
  const sprite = `<!-- Lucide icons, ISC licence --><svg xmlns="http://www.w3.org/2000/svg">${symbols.join('')}</svg>`;
  await emitter.emit('icons.svg', sprite);
}

async function copyFonts(): Promise<Map<string, string>> {
  const fonts = new Map<string, string>();
  for (const subset of ['latin', 'latin-ext']) {
    const file = packageFile('@fontsource-variable/inter/package.json', `files/inter-${subset}-wght-normal.woff2`);
    const name = `inter-${subset}.woff2`;
    fonts.set(name, await emitter.emit(name, await readFile(file)));
  }
  return fonts;
}

/** The pictures beside public/build, which are drawn by hand. */
async function copyPictures(): Promise<void> {
  for (const entry of await readdir(publicDir, { withFileTypes: true }))
    if (entry.isFile()) await emitter.emit(entry.name, await readFile(join(publicDir, entry.name)));
}

/** Of what is shipped here; optional packages may not be installed. */
async function writeLicences(): Promise<void> {
  const licences = gatherLicences((name) => {
    const folder = join(root, 'node_modules', name);
    return existsSync(folder) ? folder : undefined;
  });
  await emitter.emit('licences.txt', licences);
}

const started = performance.now();
await emitter.emit('world-map.svg', buildWorldMap());
const fonts = await copyFonts();
await Promise.all([
  buildStyles('app.css', fonts),
  buildStyles('visitor.css', fonts),
  buildScript('app', 'esm'),
  buildScript('theme', 'iife'),
  buildScript('reference', 'esm'),
  buildIcons(),
  copyPictures(),
  writeLicences(),
]);
await emitter.finish();
console.log(`assets: public/build made in ${((performance.now() - started) / 1000).toFixed(1)} s`);
