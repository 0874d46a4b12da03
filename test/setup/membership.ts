import { sql } from 'drizzle-orm';
import type { Role } from '../../src/people/workspaces/roles.ts';
import { type Person, startTestApp, type TestApp } from './app.ts';

/** Lets a person into somebody else's workspace without an invitation. */
export async function joinWorkspace({ db }: TestApp, person: Person, host: Person, role: Role): Promise<void> {
  await db.execute(sql`
insert into members (workspace_id, user_id, role)
select w.id, u.id, ${role} from workspaces w, users u
where w.slug = ${host.workspace.slug} and u.email = ${person.email}`);
}

/** The id behind a person's workspace, for functions below the pages. */
export async function workspaceIdOf({ db }: TestApp, person: Person): Promise<string> {
  const { rows } = await db.execute<{ id: string }>(
    sql`select id from workspaces where slug = ${person.workspace.slug}`,
  );
  return rows[0]?.id ?? '';
}

/** A server, and somebody with a workspace on it. */
export async function startWorkspace(): Promise<{ app: TestApp; ada: Person; workspaceId: string }> {
  const app = await startTestApp();
  const ada = await app.signUp('Ada');
  return { app, ada, workspaceId: await workspaceIdOf(app, ada) };
}
