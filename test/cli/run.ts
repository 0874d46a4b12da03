import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../setup/project-root.ts';

export type Ran = { code: number; stdout: string; stderr: string };

export type CommandLine = {
  /** Runs the real command line, as it was built, as a process of its own. */
  run(...words: string[]): Promise<Ran>;
  /** The same with something to read on stdin. */
  feed(input: string, ...words: string[]): Promise<Ran>;
  /** The same with --json: what it answered, which stands alone on stdout. Throws when the command failed. */
  answer(...words: string[]): Promise<Record<string, unknown>>;
  dataDir: string;
  close(): void;
};

/** @param env the settings; a folder for DATA_DIR is made */
export function openCommandLine(env: Record<string, string>): CommandLine {
  const dataDir = mkdtempSync(join(tmpdir(), 'waymark-cli-'));
  const settings = { PATH: process.env.PATH, DATA_DIR: dataDir, TZ: 'UTC', ...env };
  const feed = (input: string, ...words: string[]) =>
    new Promise<Ran>((resolve) => {
      const options = { cwd: projectRoot, env: settings };
      const child = execFile(process.execPath, ['dist/cli.js', ...words], options, (_error, stdout, stderr) =>
        resolve({ code: child.exitCode ?? -1, stdout, stderr }),
      );
      child.stdin?.on('error', () => {}); // it may end without having read
      child.stdin?.end(input);
    });
  const run = (...words: string[]) => feed('', ...words);
  return {
    run,
    feed,
    async answer(...words) {
      const { code, stdout, stderr } = await run(...words, '--json');
      if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}: ${stderr}`);
      return JSON.parse(stdout) as Record<string, unknown>;
    },
    dataDir,
    close: () => rmSync(dataDir, { recursive: true, force: true }),
  };
}
