import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { projectRoot } from './project-root.ts';

/** A browser's program, and what its environment must hold for it to find its libraries and fonts. */
export type Chrome = { executablePath: string; env: Record<string, string> };

/**
 * Finds the browser for tests: the one that CHROME_PATH names, or the headless Chromium from npm, unpacked on first
 * use to the temp directory, where later runs find it. That one is for Linux on x64 only: null elsewhere.
 */
export async function findChrome(): Promise<Chrome | null> {
  if (process.env.CHROME_PATH) return { executablePath: process.env.CHROME_PATH, env: {} };
  if (process.platform !== 'linux' || process.arch !== 'x64') return null;
  const manifest = join(projectRoot, 'node_modules/@sparticuz/chromium/package.json');
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(manifest, 'utf8')));
  const folder = join(tmpdir(), `waymark-chromium-${version}-${process.getuid?.()}`);
  if (!existsSync(folder)) await unpackChromium(folder);
  return {
    executablePath: join(folder, 'chromium'),
    env: { LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'), FONTCONFIG_PATH: join(folder, 'fonts') },
  };
}

/** Unpacks beside the place and moves it there whole: the package's own unpacking fails when two runs do it at once. */
async function unpackChromium(folder: string): Promise<void> {
  const draft = mkdtempSync(`${folder}-`);
  // The package unpacks to the temp directory, and its libraries only where it believes to be on AWS.
  const env = { ...process.env, TMPDIR: draft, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x' };
  const script = "import chromium from '@sparticuz/chromium'; await chromium.executablePath();";
  try {
    await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], { cwd: projectRoot, env });
    writeFileSync(
      join(draft, 'fonts', 'fonts.conf'),
      `<fontconfig><dir>${folder}/fonts</dir><dir>/usr/share/fonts</dir><cachedir>${folder}/fonts-cache</cachedir></fontconfig>`,
    );
    renameSync(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(folder)) throw error; // otherwise another run was faster
  }
}
