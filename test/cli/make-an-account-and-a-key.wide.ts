import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findKeyHolder } from '../../src/people/keys/keys.ts';
import { type OpenTestDatabase, openTestDatabase } from '../setup/database.ts';
import { query } from '../setup/postgres.ts';
import { type CommandLine, openCommandLine } from './run.ts';

let database: OpenTestDatabase;
let line: CommandLine;

beforeAll(async () => {
  database = await openTestDatabase();
  line = openCommandLine({ DATABASE_URL: database.url });
});

afterAll(async () => {
  line.close();
  await database.drop();
});

const accountOf = (email: string, changes: Record<string, string> = {}) =>
  Object.entries({ email, password: 'correct horse', name: 'Ada', workspace: 'Acme', ...changes }).map(
    ([option, value]) => `--${option}=${value}`,
  );

describe('waymark user:create', () => {
  it('makes an account and its workspace, of which the first looks after the instance', async () => {
    const first = await line.answer('user:create', ...accountOf('ada@example.com'));
    const second = await line.answer('user:create', ...accountOf('Bob@Example.com', { name: 'Bob' }));
    expect(Object.keys(first)).toEqual(['userId', 'workspaceId']);
    const people = await query(
      database.url,
      `select u.id, u.email, u.is_admin, w.id as workspace, w.name, m.role
       from users u join members m on m.user_id = u.id join workspaces w on w.id = m.workspace_id order by u.email`,
    );
    expect(people).toEqual([
      {
        id: first.userId,
        email: 'ada@example.com',
        is_admin: true,
        workspace: first.workspaceId,
        name: 'Acme',
        role: 'owner',
      },
      {
        id: second.userId,
        email: 'bob@example.com',
        is_admin: false,
        workspace: second.workspaceId,
        name: 'Acme',
        role: 'owner',
      },
    ]);
  });

  it.each([
    ['a bad address', accountOf('ada'), /^--email: .*address.*\n$/],
    ['a short password', accountOf('eve@example.com', { password: 'short' }), /^--password: .*10 characters.*\n$/],
    ['an empty name', accountOf('eve@example.com', { name: ' ' }), /^--name: .+\n$/],
    [
      'an address that is in use',
      accountOf('ADA@example.com'),
      /^There is an account with this address already\..*\n$/,
    ],
    ['missing options', ['--email', 'eve@example.com'], /^user:create needs --password and --name\.\n$/],
  ])('refuses %s', async (_what, words, sentence) => {
    const { code, stdout, stderr } = await line.run('user:create', '--json', ...words);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(sentence);
  });
});

describe('waymark key:create', () => {
  const workspaceOf = async (name: string) => {
    const [row] = await query<{ id: string; slug: string }>(
      database.url,
      `select w.id, w.slug from workspaces w join members m on m.workspace_id = w.id
       join users u on u.id = m.user_id where u.email = '${name}@example.com'`,
    );
    if (!row) throw new Error(`${name} has no workspace.`);
    return row;
  };

  it('makes a key of a workspace, named by its id, by its word or not at all', async () => {
    const { id, slug } = await workspaceOf('bob');
    for (const workspace of [[], ['--workspace', id], ['--workspace', slug]]) {
      const { key } = await line.answer('key:create', '--email', 'bob@example.com', '--name', 'Build', ...workspace);
      expect(key).toMatch(/^wm_/);
      expect((await findKeyHolder(database.db, String(key)))?.workspace.id).toBe(id);
    }
  });

  it('refuses a stranger, and a workspace that is not theirs', async () => {
    const { slug } = await workspaceOf('ada');
    const theirs = (await workspaceOf('bob')).slug;
    expect(await line.run('key:create', '--email', 'eve@example.com', '--name', 'x')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'There is no account with the address eve@example.com.\n',
    });
    expect(await line.run('key:create', '--email', 'bob@example.com', '--name', 'x', '--workspace', slug)).toEqual({
      code: 1,
      stdout: '',
      stderr: `bob@example.com has no workspace "${slug}"; theirs are: ${theirs}.\n`,
    });
  });
});
