/**
 * `npm run lock`: writes package-lock.json anew, without the optional peers that would carry tools of development into
 * `npm ci --omit=dev`. npm takes a package that is both ours for development and somebody's optional peer for one that
 * production may want (`devOptional`), and no setting of npm says otherwise; but npm goes by what the lock file says of a
 * package, and keeps it. test/packages.test.ts tells when this has to run again.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('../package-lock.json', import.meta.url);
const { devDependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const run = () =>
  execFileSync('npm', ['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: new URL('..', import.meta.url),
    stdio: 'inherit',
  });

run();
const lock = JSON.parse(readFileSync(file, 'utf8'));
for (const part of Object.values(lock.packages)) {
  if (part.dev || part.devOptional) continue;
  for (const name of Object.keys(part.peerDependenciesMeta ?? {})) {
    if (!(name in devDependencies) || !part.peerDependenciesMeta[name].optional) continue;
    delete part.peerDependencies?.[name];
    delete part.peerDependenciesMeta[name];
  }
}
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
run();
