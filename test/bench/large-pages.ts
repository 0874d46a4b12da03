import type { Client } from 'pg';

/** A page that is measured, and how long the server may take for it, in milliseconds. */
export type Page = { name: string; path: string; limitMs: number };

const listMs = 80;
const tagsMs = 60;
const reportMs = 150;

export async function homeOf(client: Client, workspaceId: string): Promise<string> {
  const { rows } = await client.query<{ slug: string }>('select slug from workspaces where id = $1', [workspaceId]);
  return `/w/${rows[0]?.slug ?? ''}`;
}

/** Every list of links by every filter and search in every order, and what else grows with links. */
export async function pagesOf(client: Client, workspaceId: string): Promise<Page[]> {
  const home = await homeOf(client, workspaceId);
  const { filters, searches, subjects } = await choicesOf(client, workspaceId);
  const listHref = (query: Record<string, string>) => `${home}/links?${new URLSearchParams(query).toString()}`;
  const lists = ['newest', 'oldest', 'clicks', 'last-click'].flatMap((sort) => [
    ...Object.entries(filters).map(([name, filter]) => ({
      name: `list ${sort}: ${name}`,
      path: listHref({ ...filter, sort }),
      limitMs: listMs,
    })),
    ...Object.entries(searches).map(([name, search]) => ({
      name: `search ${sort}: ${name}`,
      path: listHref({ search, sort }),
      limitMs: listMs,
    })),
  ]);
  const dialogs = ['30d', '12mo', 'all'].flatMap((period) =>
    ['link', 'city'].map((by) => ({
      name: `dialog: all of ${by}, ${period}`,
      path: `${home}/reports/values?by=${by}&period=${period}`,
      limitMs: reportMs,
    })),
  );
  const reports = Object.entries(subjects).flatMap(([name, folder]) =>
    ['30d', '12mo'].flatMap((period) => [
      { name: `report: ${name}, ${period}`, path: `${home}/${folder}?period=${period}`, limitMs: reportMs },
      {
        name: `dialog: all of link, ${name}, ${period}`,
        path: `${home}/${folder}/values?by=link&period=${period}`,
        limitMs: reportMs,
      },
    ]),
  );
  return [
    ...lists,
    ...dialogs,
    ...reports,
    { name: 'campaigns, 30 days', path: `${home}/campaigns`, limitMs: reportMs },
    { name: 'tags', path: `${home}/tags`, limitMs: tagsMs },
    { name: 'tag suggestions', path: `${home}/tags/suggest?tags=a`, limitMs: tagsMs },
    { name: 'compare: links', path: `${home}/compare`, limitMs: listMs },
    { name: 'compare: campaigns', path: `${home}/compare?of=campaign`, limitMs: listMs },
    { name: 'compare: tags', path: `${home}/compare?of=tag`, limitMs: listMs },
    { name: 'chart as SVG, 12 months', path: `${home}/export?file=chart&period=12mo`, limitMs: listMs },
  ];
}

/** The tags and campaigns with the most and the fewest links, and words of one link. */
async function choicesOf(client: Client, workspaceId: string) {
  const { rows: links } = await client.query<{ slug: string; host: string; title: string | null }>(
    `select s.slug, d.host, l.title from links l join slugs s on s.link_id = l.id and s.kind = 'primary' join domains d on d.id = s.domain_id
     where l.workspace_id = $1 and l.title is not null order by l.created_at, l.id offset 200 limit 1`,
    [workspaceId],
  );
  const { slug = '', host = '', title } = links[0] ?? {};
  const { rows: tags } = await client.query<{ id: string; name: string }>(
    `select t.id, t.name from tags t join link_tags lt on lt.tag_id = t.id where t.workspace_id = $1 group by 1, 2 order by count(*) desc, 2`,
    [workspaceId],
  );
  const { rows: campaigns } = await client.query<{ id: string; name: string }>(
    `select c.id, c.name from campaigns c join links l on l.campaign_id = c.id where c.workspace_id = $1 group by 1, 2 order by count(*) desc, 2`,
    [workspaceId],
  );
  const filters: Record<string, Record<string, string>> = {
    'all links': {},
    'the largest tag': { tag: tags[0]?.name ?? '' },
    'the smallest tag': { tag: tags.at(-1)?.name ?? '' },
    'no such tag': { tag: 'no such tag' },
    'the largest campaign': { campaign: campaigns[0]?.name ?? '' },
    'the smallest campaign': { campaign: campaigns.at(-1)?.name ?? '' },
    'tag and campaign': { tag: tags[0]?.name ?? '', campaign: campaigns[0]?.name ?? '' },
    archived: { state: 'archived' },
  };
  const searches: Record<string, string> = {
    'a common word': 'route',
    'a rare word': title?.split(/[ :]/)[1] ?? slug,
    'several words': title ?? slug,
    'a slug typed whole': slug,
    'a pasted short link': `http://${host}/${slug}`,
    'one letter': 'e',
    'two letters': 'zq',
    nothing: 'zzqxzzqx',
  };
  const { rows: domains } = await client.query<{ id: string }>(
    `select domain_id as id from slugs s join links l on l.id = s.link_id where l.workspace_id = $1 group by 1 order by count(*) desc limit 1`,
    [workspaceId],
  );
  const subjects = {
    workspace: 'reports',
    'the largest tag': `reports/tags/${tags[0]?.id}`,
    'the smallest tag': `reports/tags/${tags.at(-1)?.id}`,
    'the largest campaign': `reports/campaigns/${campaigns[0]?.id}`,
    'the smallest campaign': `reports/campaigns/${campaigns.at(-1)?.id}`,
    domain: `reports/domains/${domains[0]?.id}`,
  };
  return { filters, searches, subjects };
}
