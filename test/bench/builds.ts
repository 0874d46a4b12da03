import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../setup/project-root.ts';

/** A program that is built and can be started. */
export type Build = { name: string; root: string };

/** The program of this checkout, as `npm run build` has left it. */
export const thisBuild: Build = { name: 'this', root: projectRoot };

/**
 * Builds another commit of this repository beside this one.
 * @param commit whatever git takes for one: a hash, a branch, HEAD~3
 * @param directory where it may be put; whoever made it removes it
 * @throws when git does not know the commit, or it does not build
 */
export function buildCommit(commit: string, directory: string): Build {
  const hash = execFileSync('git', ['rev-parse', '--short', `${commit}^{commit}`], { cwd: projectRoot })
    .toString()
    .trim();
  const root = join(directory, hash);
  mkdirSync(root);
  const archive = execFileSync('git', ['archive', hash], { cwd: projectRoot, maxBuffer: 2 ** 30 });
  execFileSync('tar', ['-x', '-C', root], { input: archive });
  const lockOf = (folder: string) => readFileSync(join(folder, 'package-lock.json'), 'utf8');
  // The packages are the same for most commits; where they are not, an installation builds as well.
  if (lockOf(root) === lockOf(projectRoot)) {
    symlinkSync(join(projectRoot, 'node_modules'), join(root, 'node_modules'));
    execFileSync('npm', ['run', 'build'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  } else {
    execFileSync('npm', ['ci'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  }
  if (!existsSync(join(root, 'dist/server.js'))) throw new Error(`${commit} has no dist/server.js after its build.`);
  return { name: hash, root };
}
