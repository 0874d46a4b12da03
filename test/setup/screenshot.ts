import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { z } from 'zod';
import { readConfig } from '../../src/config.ts';
import { startServer } from '../../src/boot/start.ts';
import { findChrome } from './chrome.ts';
import { projectRoot } from './project-root.ts';

/** `npm run screenshot`: the picture in the README, from a seeded workspace and the real server. */

const dataDir = mkdtempSync(join(tmpdir(), 'waymark-screenshot-'));
const env = { PORT: '4803', HOST: '127.0.0.1', DATA_DIR: dataDir, LOG_LEVEL: 'error' };
const demo = z.object({ email: z.string(), password: z.string() }).parse(
  JSON.parse(
    execFileSync(process.execPath, ['dist/cli.js', 'seed', '--json', '--clicks', '120000'], {
      cwd: projectRoot,
      env: { ...process.env, ...env },
      encoding: 'utf8',
    }),
  ),
);
const server = await startServer(readConfig(env));
const chrome = await findChrome();
if (!chrome) throw new Error('No browser comes with npm for this machine: set CHROME_PATH.');
const browser = await chromium.launch({
  executablePath: chrome.executablePath,
  env: { ...process.env, ...chrome.env },
  args: ['--no-sandbox'],
});
try {
  const page = await browser.newPage({ baseURL: server.openAt, viewport: { width: 1280, height: 960 } });
  await page.goto('/log-in');
  await page.getByLabel('E-mail').fill(demo.email);
  await page.getByLabel('Password').fill(demo.password);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/links/);
  await page.getByRole('link', { name: 'Reports' }).first().click();
  await page.waitForURL(/\/reports/);
  await page.evaluate('document.fonts.ready');
  mkdirSync(join(projectRoot, '.github'), { recursive: true });
  await page.screenshot({ path: join(projectRoot, '.github', 'report.png') });
} finally {
  await browser.close();
  await server.close();
  rmSync(dataDir, { recursive: true, force: true });
}
