import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';

const introduction = `
Make short links, change them, and read what happened to them. Everything speaks JSON in UTF-8; times are ISO 8601 in UTC.

**Keys.** Each request carries a key of your workspace: \`Authorization: Bearer wm_…\`. Members make keys in the settings.

**Refusals** are \`application/problem+json\` (RFC 9457). \`code\` stays the same, \`detail\` is for people, \`field\` names what was refused.
Bodies with properties that we do not know are refused, so that a slip of the pen is not lost silently.

**Limits.** 600 requests a minute for each workspace, all its keys together. \`RateLimit-Remaining\` says how many are left, \`RateLimit-Reset\` in how many seconds they are back.

**Pages.** Lists give a \`nextCursor\`; send it as \`cursor\` for what follows. It is null at the end.
`.trim();

/**
 * Collects every route that is registered from now on with a tag, whatever its scope, for `app.swagger()`. The addresses
 * that serve it are in reference.ts.
 */
async function document(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Waymark API', version: '1.0.0', description: introduction },
      servers: [{ url: app.config.appUrl }],
      tags: [
        { name: 'Links', description: 'Short links of your workspace.' },
        { name: 'Domains', description: 'Your own hosts, and what their visitors meet.' },
        { name: 'Analytics', description: 'Clicks, visitors, and where they came from.' },
      ],
      components: {
        securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'A key of your workspace: `wm_…`.' } },
      },
      security: [{ key: [] }],
    },
    hideUntagged: true,
    transform: jsonSchemaTransform,
    transformObject: (parts) => withoutInputs(jsonSchemaTransformObject(parts)),
  });
}

/** Each named schema comes twice, as it is read and as it is written; only answers have names, so the former are idle. */
function withoutInputs<Description extends object>(description: Description): Description {
  const { components } = description as { components?: { schemas?: object } };
  const schemas = Object.entries(components?.schemas ?? {}).filter(([name]) => !name.endsWith('Input'));
  return { ...description, components: { ...components, schemas: Object.fromEntries(schemas) } };
}

export default fp(document, { name: 'document' });
