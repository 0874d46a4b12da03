/**
 * Makes public/build: what browsers load and no one edits. Runs after tsc, which has put the scripts there.
 * Run it as `node dist/assets/build.js` or by tsx.
 */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { iconNames } from './icons.ts';
import { buildWorldMap } from './world-map.ts';

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL('../..', import.meta.url));
const buildDir = join(root, 'public/build');

function packageFile(name: string, path: string): string {
  return join(dirname(require.resolve(`${name}/package.json`)), path);
}

/** One stylesheet of views/, with what it imports, minified. */
async function buildStyles(name: string): Promise<void> {
  const tailwind = packageFile('@tailwindcss/cli', 'dist/index.mjs');
  const input = join(root, 'views', name);
  await run(process.execPath, [tailwind, '--minify', '--input', input, '--output', join(buildDir, name)], {
    cwd: root,
  });
}

/** The `<symbol>` of a Lucide icon; strokes take the colour of the text around them. */
async function iconSymbol(name: string): Promise<string> {
  const svg = await readFile(packageFile('lucide-static', `icons/${name}.svg`), 'utf8');
  const shapes = svg.slice(svg.indexOf('>', svg.indexOf('<svg')) + 1, svg.lastIndexOf('</svg>'));
  return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">${shapes.replaceAll(/\s*\n\s*/g, '')}</symbol>`;
}

async function buildIcons(): Promise<void> {
  const symbols = await Promise.all(iconNames.map(iconSymbol));
  const sprite = `<!-- Lucide icons, ISC licence --><svg xmlns="http://www.w3.org/2000/svg">${symbols.join('')}</svg>`;
  await writeFile(join(buildDir, 'icons.svg'), sprite);
}

async function copyVendored(): Promise<void> {
  const inter = (subset: string) =>
    packageFile('@fontsource-variable/inter', `files/inter-${subset}-wght-normal.woff2`);
  await copyFile(packageFile('htmx.org', 'dist/htmx.min.js'), join(buildDir, 'htmx.min.js'));
  await copyFile(inter('latin'), join(buildDir, 'inter-latin.woff2'));
  await copyFile(inter('latin-ext'), join(buildDir, 'inter-latin-ext.woff2'));
}

const started = performance.now();
await mkdir(buildDir, { recursive: true });
buildWorldMap();
await Promise.all([buildStyles('app.css'), buildStyles('visitor.css'), buildIcons(), copyVendored()]);
console.log(`assets: public/build made in ${((performance.now() - started) / 1000).toFixed(1)} s`);
