import fastify from 'fastify';

/** The yardstick: a Fastify that redirects and does nothing else. */
const app = fastify();
app.get('/:slug', (_request, reply) => reply.code(302).header('location', 'https://example.com/').send());
await app.listen({ host: '127.0.0.1', port: Number(process.argv[2]) });
process.send?.('ready');
