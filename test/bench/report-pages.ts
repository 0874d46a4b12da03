import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Target } from './target.ts';

export type Seeded = { email: string; password: string; workspaceId: string };

/**
 * `waymark seed`, beside the server if it runs.
 * @param asked the command's options by name
 */
export async function seed({ build, settings }: Pick<Target, 'build' | 'settings'>, asked: Record<string, string>) {
  const words = Object.entries(asked).flatMap(([name, value]) => [`--${name}`, value]);
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(build.root, 'dist/cli.js'), 'seed', '--json', ...words],
    // What it says is the answer alone.
    { env: { ...settings, LOG_LEVEL: 'warn' } },
  );
  return JSON.parse(stdout) as Seeded;
}

/** @returns the cookies of whoever owns what was seeded */
export async function logIn({ port }: Target, { email, password }: Seeded): Promise<string> {
  const answer = await fetch(`http://localhost:${port}/log-in`, {
    method: 'POST',
    body: new URLSearchParams({ email, password }),
    redirect: 'manual',
  });
  if (answer.status !== 303) throw new Error(`The log-in was answered with ${answer.status}`);
  return answer.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ');
}

/** The workspace, and its links at the top, in the middle and at the end of the list of clicks. */
export async function pagesOf({ client }: Target, workspaceId: string): Promise<[name: string, path: string][]> {
  const { rows } = await client.query<{ slug: string }>('select slug from workspaces where id = $1', [workspaceId]);
  const home = `/w/${rows[0]?.slug ?? ''}`;
  const { rows: links } = await client.query<{ link_id: string; clicks: string }>(
    // Those that are about as old as the oldest: the chart of a younger one begins later, and may have days for months.
    `select t.link_id, t.clicks from link_totals t join links l on l.id = t.link_id
     where t.workspace_id = $1
       and l.created_at < (select min(created_at) from links where workspace_id = $1) + interval '3 weeks'
     order by t.clicks desc`,
    [workspaceId],
  );
  const at = (share: number) => links[Math.min(links.length - 1, Math.floor(links.length * share))];
  const pages: [string, string][] = [
    ['workspace, 30 days', `${home}/reports?period=30d`],
    ['workspace, 12 months', `${home}/reports?period=12mo`],
    ['list of links', `${home}/links`],
    ['campaigns', `${home}/campaigns`],
  ];
  for (const [name, share] of [
    ['busiest', 0],
    ['middling', 0.1],
    ['quiet', 0.9],
  ] as const) {
    const link = at(share);
    if (!link) continue;
    pages.push([`${name} link, 30 days`, `${home}/links/${link.link_id}?period=30d`]);
    pages.push([`${name} link, 12 months`, `${home}/links/${link.link_id}?period=12mo`]);
  }
  // The campaign that has the most links, and now the busiest one too.
  const { rows: campaigns } = await client.query<{ id: string }>(
    `with largest as (
       select campaign_id as id from links where workspace_id = $1 and campaign_id is not null
       group by 1 order by count(*) desc limit 1)
     update links set campaign_id = largest.id from largest where links.id = $2 returning largest.id`,
    [workspaceId, links[0]?.link_id],
  );
  for (const [name, period] of [
    ['30 days', '30d'],
    ['12 months', '12mo'],
  ])
    pages.push([
      `campaign with the busiest link, ${name}`,
      `${home}/reports/campaigns/${campaigns[0]?.id}?period=${period}`,
    ]);
  const ofMillion = links.toSorted((one, other) => farFromMillion(one) - farFromMillion(other))[0];
  if (ofMillion)
    pages.push([
      `link of ${ofMillion.clicks}, 12 months, two filters`,
      `${home}/links/${ofMillion.link_id}?period=12mo&f=device:is:mobile&f=country:not:DE`,
    ]);
  console.log(
    `busiest link ${at(0)?.clicks} clicks, middling ${at(0.1)?.clicks}, quiet ${at(0.9)?.clicks}, of ${links.length}`,
  );
  return pages;
}

function farFromMillion({ clicks }: { clicks: string }): number {
  return Math.abs(Number(clicks) - 1_000_000);
}

/** Time from request to the last byte, in milliseconds. */
export async function timeOf({ port }: Target, path: string, cookie: string): Promise<number> {
  const startedAt = performance.now();
  const answer = await fetch(`http://localhost:${port}${path}`, { headers: { cookie } });
  await answer.text();
  if (answer.status !== 200) throw new Error(`${path} was answered with ${answer.status}`);
  return performance.now() - startedAt;
}
