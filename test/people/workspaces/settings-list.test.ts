import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { getWorkspace } from '../../../src/people/workspaces/queries.ts';
import { rights } from '../../../src/people/workspaces/roles.ts';
import {
  type SettingName,
  settingsInEvents,
  settingList,
  showSettings,
} from '../../../src/people/workspaces/settings.ts';
import type { Person, TestApp } from '../../setup/app.ts';
import { rowsOf } from '../../setup/hits.ts';
import { startWorkspace } from '../../setup/membership.ts';
import { projectRoot } from '../../setup/project-root.ts';

let app: TestApp;
let ada: Person;
let workspaceId: string;

beforeAll(async () => {
  ({ app, ada, workspaceId } = await startWorkspace());
});
afterAll(() => app.close());

/** Another value of each setting, as its form shows it. */
const others: Record<SettingName, string> = {
  name: 'Navy',
  slug: 'navy',
  timeZone: 'Asia/Tokyo',
  weekStartsOn: '0',
  ownNetworks: '203.0.113.0/24 Office',
  appSchemes: 'acme',
};

const path = () => `/w/${workspaceId}/settings`;
const stored = async () => showSettings(await getWorkspace(app.db, workspaceId));
const events = () =>
  rowsOf<{ before: object; after: object }>(
    app.db,
    sql`select before, after from events where what = 'workspace.changed' and workspace_id = ${workspaceId} order by id`,
  );

describe.each(settingList)('the setting $name', ({ name, label, words, isRequired, isKeptByNodes }) => {
  it('is on the form and in the list of rights', async () => {
    const page = await ada.ask(path());
    expect(page.text).toMatch(new RegExp(`<label[^>]*>${label}<`));
    expect(page.text).toContain(` name="${name}"`);
    expect(rights.changeWorkspace.words).toContain(words);
  });

  it('is stored, shown and recorded, and all others stay', async () => {
    const before = await getWorkspace(app.db, workspaceId);
    const form = { ...showSettings(before), [name]: others[name] };
    expect((await ada.ask(path(), { form })).status).toBe(303);
    const after = await getWorkspace(app.db, workspaceId);
    expect(after[name]).not.toEqual(before[name]);
    expect(showSettings(after)).toEqual(form);
    expect((await ada.ask(path())).text).toContain(others[name]);
    const fields = settingsInEvents(after, before);
    const old = settingsInEvents(before);
    const changed = Object.keys(fields).filter((field) => fields[field] !== old[field]);
    expect(changed.length).toBeGreaterThan(0);
    const event = (await events()).at(-1);
    expect(event?.after).toEqual(Object.fromEntries(changed.map((field) => [field, fields[field]])));
    expect(Object.keys(event?.before ?? {}).toSorted()).toEqual(changed.toSorted());
  });

  it(isRequired ? 'is missed where a form does not send it' : 'stays where a form does not send it', async () => {
    const { [name]: value, ...form } = await stored();
    const answer = await ada.ask(path(), { form });
    expect(answer.status).toBe(isRequired ? 422 : 303);
    expect((await stored())[name]).toBe(value);
  });

  // Plans stay in memory, and are forgotten when their workspace is announced.
  it(`${isKeptByNodes ? 'is' : 'is not'} loaded with the plan of a slug`, () => {
    const loads = readFileSync(join(projectRoot, 'src/visitors/redirect/queries.ts'), 'utf8');
    expect(loads.includes(`workspaces.${name}`)).toBe(isKeptByNodes === true);
  });
});
