import { makeAudience } from '/work/main/src/cli/seed/audience.ts';
import { hitMaker } from '/work/main/src/cli/seed/hits.ts';
import { insertDemoLinks } from '/work/main/src/cli/seed/links.ts';
import { copyHits } from '/work/main/src/cli/seed/copy.ts';
import { seededRandom } from '/work/main/src/cli/seed/random.ts';
import { calendar, spread } from '/work/main/src/cli/seed/traffic.ts';
import { ensureInstanceDomain } from '/work/main/src/domains/queries.ts';
import { openDatabase } from '/work/main/src/db/db.ts';
import { restateWorkspace } from '/work/main/src/clicks/rollups.ts';
import { dimensions } from '/work/main/src/analytics/dimensions.ts';
import { insertBareWorkspace } from '/work/main/test/setup/hits.ts';
import pg from 'pg';
import { sql } from 'drizzle-orm';
const [url, clicks, dayCount, nlinks] = [
  process.argv[2]!,
  +process.argv[3]!,
  +process.argv[4]!,
  +(process.argv[5] ?? 40),
];
const d = openDatabase(url, () => {});
const t = (l: string, s: number, n?: number) =>
  console.log(
    l,
    ((Date.now() - s) / 1000).toFixed(1) + 's',
    n ? Math.round((n / (Date.now() - s)) * 1000) + '/s' : '',
    Math.round(process.memoryUsage().rss / 1e6) + 'MB',
  );
let s = Date.now();
const random = seededRandom(1);
const now = new Date();
const days = calendar(dayCount, 'UTC', now);
const ws = await insertBareWorkspace(d.db);
const workspace = { id: ws, timeZone: 'UTC' };
const domainId = await ensureInstanceDomain(d.db, 'http://localhost:3000');
const links = await insertDemoLinks(d.db, nlinks, { workspace, domainId, createdBy: null, days }, random, () => {});
t('links', s);
s = Date.now();
const audience = makeAudience(random);
t('audience', s);
const plan = { days, timeZone: 'UTC', now, hours: audience.hours };
const all = function* () {
  const hitsOf = hitMaker(links, audience, random);
  for (const day of spread(clicks, plan, links, random)) yield* hitsOf(day);
};
s = Date.now();
let n = 0;
for (const h of all()) n++;
t('generate', s, n);
for (const m of new Set(days.map((x) => x.slice(0, 7))))
  await d.db.execute(sql`select ensure_click_partition(${m + '-01T00:00Z'}::timestamptz)`);
const c = new pg.Client({ connectionString: url });
await c.connect();
s = Date.now();
await copyHits(c, all());
t('generate+copy', s, n);
s = Date.now();
await restateWorkspace(d.db, ws, dimensions);
t('restate', s, n);
console.log(ws);
await c.end();
await d.close();
