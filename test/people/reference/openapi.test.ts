import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../../setup/app.ts';

type Schema = { $ref?: string; type?: unknown; description?: string; properties?: Record<string, Schema> };
type Media = Record<string, { schema: Schema }>;
type Operation = {
  operationId: string;
  summary: string;
  description?: string;
  tags: string[];
  parameters?: { name: string; in: string; description?: string; schema: Schema }[];
  requestBody?: { content: Media };
  responses: Record<string, { description: string; content?: Media }>;
};
type Description = {
  openapi: string;
  info: { title: string; version: string; description: string };
  servers: { url: string }[];
  security: Record<string, string[]>[];
  components: { schemas: Record<string, Schema>; securitySchemes: Record<string, unknown> };
  paths: Record<string, Record<string, Operation>>;
};

let app: TestApp;
let description: Description;
let operations: { name: string; operation: Operation }[];

beforeAll(async () => {
  app = await startTestApp();
  const answer = await app.ask('/api/v1/openapi.json');
  expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
  description = answer.json() as Description;
  operations = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  );
});
afterAll(() => app.close());

/** Every value below a node that stands under this key. */
function valuesOf(node: unknown, key: string): unknown[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([name, value]) => [...(name === key ? [value] : []), ...valuesOf(value, key)]);
}

describe('the description of the API', () => {
  it('is OpenAPI 3.1 and says where the API is and how to get in', () => {
    expect(description.openapi).toBe('3.1.0');
    expect(description.servers).toEqual([{ url: app.config.appUrl }]);
    expect(description.security).toEqual([{ key: [] }]);
    expect(description.components.securitySchemes).toMatchObject({ key: { type: 'http', scheme: 'bearer' } });
    expect(description.info.description).toContain('600 requests a minute');
  });

  it('names every address of the API and none besides', () => {
    expect(operations.map(({ name }) => name).sort()).toEqual([
      'DELETE /api/v1/campaigns/{id}',
      'DELETE /api/v1/domains/{id}',
      'DELETE /api/v1/domains/{id}/logo',
      'DELETE /api/v1/goals/{id}',
      'DELETE /api/v1/links/{id}',
      'DELETE /api/v1/views/{id}',
      'GET /api/v1/analytics',
      'GET /api/v1/campaigns',
      'GET /api/v1/campaigns/{id}',
      'GET /api/v1/domains',
      'GET /api/v1/domains/{id}',
      'GET /api/v1/goals',
      'GET /api/v1/hits',
      'GET /api/v1/links',
      'GET /api/v1/links/{id}',
      'GET /api/v1/links/{id}/qr.png',
      'GET /api/v1/links/{id}/qr.svg',
      'GET /api/v1/tags',
      'GET /api/v1/views',
      'PATCH /api/v1/campaigns/{id}',
      'PATCH /api/v1/domains/{id}',
      'PATCH /api/v1/goals/{id}',
      'PATCH /api/v1/links/{id}',
      'POST /api/v1/campaigns',
      'POST /api/v1/conversions',
      'POST /api/v1/domains',
      'POST /api/v1/domains/{id}/verify',
      'POST /api/v1/goals',
      'POST /api/v1/links',
      'POST /api/v1/links/{id}/replays',
      'POST /api/v1/links/{id}/simulations',
      'POST /api/v1/views',
      'PUT /api/v1/domains/{id}/logo',
    ]);
  });

  it('answers 401 at each of them without a key', async () => {
    for (const { name } of operations) {
      const [method = '', path = ''] = name.split(' ');
      const answer = await app.ask(path.replace('{id}', 'x'), { method });
      expect(answer.status, name).toBe(401);
    }
  });

  it('has no reference that leads nowhere, and no schema that nothing refers to', () => {
    const references = new Set(valuesOf(description, '$ref'));
    const schemas = Object.keys(description.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect(references).toEqual(new Set(schemas));
    expect(schemas).toContain('#/components/schemas/Problem');
  });

  it('says of each operation what it does, takes and answers', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { name, operation } of operations) {
      expect(operation.summary, name).toMatch(/^[A-Z]/);
      expect(operation.description, name).toMatch(/[.]$/);
      expect(['Links', 'Campaigns', 'Conversions', 'Domains', 'Analytics'], name).toContain(operation.tags[0]);
      for (const parameter of operation.parameters ?? [])
        expect(parameter.description, `${name} ${parameter.name}`).toMatch(/[.]$/);
      for (const [status, response] of Object.entries(operation.responses))
        expect(response.description, `${name} ${status}`).not.toBe('Default Response');
    }
  });

  it('says of each refusal that it is a problem', () => {
    for (const { name, operation } of operations) {
      const refusals = Object.entries(operation.responses).filter(([status]) => Number(status) >= 400);
      expect(
        refusals.map(([status]) => status),
        name,
      ).toEqual(expect.arrayContaining(['401', '429']));
      for (const [, { content }] of refusals)
        expect(content).toEqual({ 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } });
    }
  });

  it('declares each parameter of a path', () => {
    for (const { name, operation } of operations) {
      const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
      expect(
        declared.map((parameter) => parameter.name),
        name,
      ).toEqual([...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter));
    }
  });

  it('gives examples of what is sent and of what comes back', () => {
    for (const [name, schema] of Object.entries(description.components.schemas))
      if (!name.endsWith('Page')) expect(valuesOf(schema, 'examples'), name).not.toEqual([]);
    const body = description.paths['/api/v1/links']?.['post']?.requestBody?.content['application/json']?.schema;
    expect(Object.keys(body?.properties ?? {})).toEqual([
      'url',
      'slug',
      'domain',
      'title',
      'tags',
      'campaign',
      'split',
      'clickIdName',
      'routes',
    ]);
    expect(valuesOf(body?.properties, 'examples').length).toBe(9);
  });

  it('has types and descriptions for all properties of answers', () => {
    for (const [name, schema] of Object.entries(description.components.schemas))
      for (const [property, value] of Object.entries(schema.properties ?? {})) {
        expect(
          Object.keys(value).some((key) => ['type', '$ref', 'anyOf'].includes(key)),
          `${name}.${property}`,
        ).toBe(true);
        // The period of a count is an object, whose own parts are described.
        const isDescribed = value.description !== undefined || value.properties !== undefined;
        expect(isDescribed, `${name}.${property}`).toBe(true);
      }
  });
});
