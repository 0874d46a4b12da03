import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { introduction } from './introduction.ts';

/**
 * Collects every route that is registered from now on with a tag, whatever its scope, for `app.swagger()`. The addresses
 * that serve it are in routes.ts beside it.
 */
async function document(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Waymark API', version: '1.0.0', description: introduction },
      servers: [{ url: app.config.appUrl }],
      tags: [
        { name: 'Links', description: 'The short links of your workspace, their QR codes and their tags.' },
        { name: 'Campaigns', description: 'Links that belong together, with their dates and a goal.' },
        { name: 'Domains', description: 'Your own hosts for short links, and what their visitors meet.' },
        { name: 'Conversions', description: 'What people do after a click, such as a purchase.' },
        { name: 'Analytics', description: 'Clicks and visitors, single hits, and reports under a name.' },
      ],
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'bearer', description: 'A key of your workspace, such as `wm_…`.' },
        },
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
