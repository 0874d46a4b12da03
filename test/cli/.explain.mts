import pg from 'pg';
import { drizzle } from 'drizzle-orm/node-postgres';
import * as schema from '/work/main/src/db/schema.ts';
import { restateWorkspace } from '/work/main/src/clicks/rollups.ts';
import { dimensions } from '/work/main/src/analytics/dimensions.ts';
const c = new pg.Client({ connectionString: process.argv[2] });
await c.connect();
const real = c.query.bind(c) as any;
let s = 0;
(c as any).query = async (config: any, params: any) => {
  const text: string = config.text ?? config;
  s = Date.now();
  if (/source as materialized/.test(text) && process.argv[4]) {
    const r = await real({ text: 'explain (analyze, buffers) ' + text, values: params });
    console.log(r.rows.map((x: any) => x['QUERY PLAN']).join('\n'));
    return r;
  }
  const r = await real(config, params);
  console.log(Date.now() - s + 'ms', text.replace(/\s+/g, ' ').slice(0, 100));
  return r;
};
await restateWorkspace(drizzle(c, { schema }), process.argv[3]!, dimensions);
await c.end();
