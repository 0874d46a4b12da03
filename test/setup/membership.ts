import { sql } from 'drizzle-orm';
import type { Role } from '../../src/people/workspaces/roles.ts';
import { type Person, startTestApp, type TestApp } from './app.ts';

/** Lets a person into somebody else's workspace without an invitation. */
export async function joinWorkspace({ db }: TestApp, person: Person, host: Person, role: Role): Promise<void> {
  await db.execute(sql`
insert into members (workspace_id, user_id, role)
select ${host.workspace.id}, id, ${role} from users where email = ${person.email}`);
}

/** A server, and somebody with a workspace on it. */
export async function startWorkspace(): Promise<{ app: TestApp; ada: Person; workspaceId: string }> {
  const app = await startTestApp();
  const ada = await app.signUp('Ada');
  return { app, ada, workspaceId: ada.workspace.id };
}
