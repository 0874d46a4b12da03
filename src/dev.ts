/** `npm run dev`: makes what browsers get, then starts the server; tsx runs it again when a source or a template changes. */
await import('./ground/assets/build.ts');
await import('./server.ts');
