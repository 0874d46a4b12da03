import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CommandLine, openCommandLine } from './run.ts';

const names = ['migrate', 'doctor', 'user:create', 'key:create', 'hits:import', 'workspace:delete', 'seed'];

let line: CommandLine;

beforeAll(() => {
  line = openCommandLine({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing' });
});

afterAll(() => line.close());

describe('the command line', () => {
  it('lists its commands', async () => {
    const { code, stdout, stderr } = await line.run('--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const name of names) expect(stdout).toMatch(new RegExp(`^  ${name} +[A-Z].+\\.$`, 'm'));
  });

  it.each(['seed', 'user:create'])('%s explains itself and its options, without a database', async (name) => {
    const { code, stdout, stderr } = await line.run(name, '--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`npm run waymark -- ${name}`);
    expect(stdout).toContain('--json');
  });

  it.each([
    ['no command', [], 'Name a command.'],
    ['an unknown command', ['sow'], 'There is no command "sow".'],
  ])('refuses %s with the list', async (_what, words, sentence) => {
    const { code, stdout, stderr } = await line.run(...words);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^${sentence}\n`));
    for (const name of names) expect(stderr).toContain(`  ${name} `);
  });

  it.each([
    ['an unknown option', ['migrate', '--fast'], "Unknown option '--fast'. See: npm run waymark -- migrate --help"],
    ['a stray word', ['seed', 'much'], "Unexpected argument 'much'. See: npm run waymark -- seed --help"],
    [
      'an option without its value',
      ['seed', '--links'],
      "Option '--links <value>' argument missing. See: npm run waymark -- seed --help",
    ],
    ['a number that is none', ['seed', '--links', 'many'], '--links: Use a whole number from 1 to 200,000.'],
    ['a number that is too large', ['seed', '--days', '2000'], '--days: Use a whole number from 1 to 1,100.'],
    ['a negative number', ['seed', '--clicks=-5'], '--clicks: Use a whole number from 1 to 10,000,000.'],
    [
      'a database that does not answer',
      ['migrate', '--json'],
      'The database at 127.0.0.1:1/nothing cannot be used: nobody listens there. Start Postgres, or look at host and port. Look at DATABASE_URL.',
    ],
  ])('refuses %s with one sentence', async (_what, words, sentence) => {
    expect(await line.run(...words)).toEqual({ code: 1, stdout: '', stderr: `${sentence}\n` });
  });

  it('names the setting that is wrong', async () => {
    const wrong = openCommandLine({ PORT: 'many' });
    const { code, stdout, stderr } = await wrong.run('migrate');
    wrong.close();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^The settings are not right: PORT: .+\n$/);
  });
});
