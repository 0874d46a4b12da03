import swagger from '@fastify/swagger';
import reference from '@scalar/fastify-api-reference';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';

const documentUrl = '/api/v1/openapi.json';

const introduction = `
Make short links, change them, and read what happened to them. Everything speaks JSON in UTF-8; times are ISO 8601 in UTC.

**Keys.** Each request carries a key of your workspace: \`Authorization: Bearer wm_…\`. Members make keys in the settings.

**Refusals** are \`application/problem+json\` (RFC 9457). \`code\` stays the same, \`detail\` is for people, \`field\` names what was refused.
Bodies with properties that we do not know are refused, so that a slip of the pen is not lost silently.

**Limits.** 600 requests a minute for each workspace, all its keys together. \`RateLimit-Remaining\` says how many are left, \`RateLimit-Reset\` in how many seconds they are back.

**Pages.** Lists give a \`nextCursor\`; send it as \`cursor\` for what follows. It is null at the end.
`.trim();

/**
 * The page runs one script that we serve ourselves. It writes its own styles and starts inline, so that this page alone
 * has a looser policy; it still reaches no other host.
 */
const referencePolicy = [
  "default-src 'none'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Describes every route that is registered after it with a tag, at /api/v1/openapi.json and for people at /docs. */
async function document(app: FastifyInstance): Promise<void> {
  await app.register(async (docs) => {
    await docs.register(reference, {
      routePrefix: '/docs',
      configuration: {
        pageTitle: 'Waymark API',
        favicon: '/favicon.ico',
        sources: [{ url: documentUrl, agent: { disabled: true } }],
        withDefaultFonts: false,
        telemetry: false,
        hideClientButton: true,
        defaultOpenAllTags: true,
        showDeveloperTools: 'never',
        defaultHttpClient: { targetKey: 'shell', clientKey: 'curl' },
      },
      hooks: {
        onRequest(_request, reply, done) {
          reply.headers({ 'content-security-policy': referencePolicy, 'cache-control': 'public, max-age=3600' });
          done();
        },
      },
    });
  });

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

  app.get(documentUrl, async (_request, reply) => {
    reply.header('cache-control', 'public, max-age=300');
    return app.swagger();
  });
}

/** Each named schema comes twice, as it is read and as it is written; only answers have names, so the former are idle. */
function withoutInputs<Description extends object>(description: Description): Description {
  const { components } = description as { components?: { schemas?: object } };
  const schemas = Object.entries(components?.schemas ?? {}).filter(([name]) => !name.endsWith('Input'));
  return { ...description, components: { ...components, schemas: Object.fromEntries(schemas) } };
}

export default fp(document, { name: 'document' });
