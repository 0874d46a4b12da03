import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { warningsOf } from '../../../src/links/routes/never.ts';
import { readRoutes } from '../../../src/links/routes/read.ts';
import { startTestApp, type TestApp } from '../../setup/app.ts';
import { projectRoot } from '../../setup/project-root.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const guide = readFileSync(join(projectRoot, 'docs/rules.md'), 'utf8');
const examples = [...guide.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text = '']) => text);

it('has three examples that are rules, to which visitors come', async () => {
  const ada = await app.signUp('Ada');
  expect(examples).toHaveLength(3);
  for (const text of examples) {
    const routes = await readRoutes(app.fastify, ada.workspace.id, JSON.parse(text));
    expect(warningsOf(routes, new Date('2026-12-02T00:00:00Z')).filter(Boolean)).toEqual([]);
  }
});
