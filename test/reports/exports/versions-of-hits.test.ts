import { Readable } from 'node:stream';
import { Client as Connection } from 'pg';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCsv } from '../../../src/ground/text/csv.ts';
import { importHits } from '../../../src/reports/imports/hits-import.ts';
import { listHitsSince } from '../../../src/reports/live/queries.ts';
import { type Client, createLink, openClient } from '../../people/keys/client.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { byTest } from '../../setup/actor.ts';
import { rowsOf } from '../../setup/hits.ts';

const urls = { A: 'https://a.example/', B: 'https://www.b.example/x' };

let app: TestApp;
let ada: Person;
let client: Client;
let linkId: string;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
  client = await openClient(app, ada);
  const versions = [urls.A, urls.B].map((url, index) => ({ url: index === 0 ? null : url, weight: 1 }));
  linkId = (await createLink(client, { url: urls.A, slug: 'tested', split: { versions } })).id;
  for (let person = 1; person <= 20; person++)
    await app.visit('/tested', { headers: { 'x-forwarded-for': `198.51.100.${person}` } });
  await app.visit('/tested', { headers: { 'user-agent': 'curl/8.5.0' } });
});

afterAll(() => app.close());

/** Of a hit's version and address, which agree: how many hits of people have each. */
function countOf(hits: readonly Record<'class' | 'version' | 'url', string | null | undefined>[]) {
  const counts: Record<string, number> = {};
  for (const { class: ofClass, version, url } of hits) {
    const name = `${ofClass} ${version ?? ''} ${url ?? ''}`.trim();
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

async function importHitsOf(text: string): Promise<void> {
  const connection = new Connection({ connectionString: app.databaseUrl });
  await connection.connect();
  try {
    await importHits(connection, {
      workspaceId: client.workspaceId,
      by: byTest,
      bytes: Readable.from([Buffer.from(text)]),
      bounds: { now: new Date(), keptSince: null },
      isDryRun: false,
      onProgress: () => {},
    });
  } finally {
    await connection.end();
  }
}

describe('a hit of an A/B test', () => {
  it('says which version its visitor met: in files, in JSON and as it comes', async () => {
    const text = (await ada.ask(`/w/${ada.workspace.slug}/export?file=hits`)).text.replace(/^\uFEFF/, '');
    const [names = [], ...rows] = parseCsv(text);
    const cell = (row: string[], name: string) => row[names.indexOf(name)];
    const inFile = countOf(
      rows.map((row) => ({
        class: cell(row, 'class'),
        version: cell(row, 'version'),
        url: cell(row, 'version_url'),
      })),
    );
    const people = Object.entries(inFile).filter(([name]) => name.startsWith('human'));
    expect(people.map(([name]) => name).toSorted()).toEqual(
      Object.entries(urls).map(([letter, url]) => `human ${letter} ${url}`),
    );
    expect(people.reduce((sum, [, count]) => sum + count, 0)).toBe(20);
    // Machines count for none.
    expect(Object.keys(inFile).filter((name) => !name.startsWith('human'))).toEqual([expect.stringMatching(/^\w+$/)]);
    expect(rows.every((row) => cell(row, 'link_version') === '1')).toBe(true);

    const { data } = (await client.ask(`/hits?linkId=${linkId}`)).json() as { data: Record<string, string>[] };
    expect(
      countOf(data.map((hit) => ({ class: hit['class'], version: hit['version'], url: hit['versionUrl'] }))),
    ).toEqual(inFile);

    const watched = { workspaceId: client.workspaceId, subject: { kind: 'link', id: linkId } } as const;
    const live = await listHitsSince(app.db, watched, new Date(0), 100);
    expect(new Set(live.map(({ destination }) => destination))).toEqual(
      new Set(['A: a.example/', 'B: b.example/x', null]),
    );
  });

  it('comes back by an import with its version where that is there, else without', async () => {
    const file = (await ada.ask(`/w/${ada.workspace.slug}/export?file=hits`)).text;
    const ids = sql`select destination_id as id from clicks where workspace_id = ${client.workspaceId} order by clicked_at, id`;
    // The hits that wait become rows first.
    await importHitsOf(file);
    const before = await rowsOf<{ id: number | null }>(app.db, ids);
    const importText = async (text: string) => {
      await app.db.execute(sql`delete from clicks where workspace_id = ${client.workspaceId}`);
      await importHitsOf(text);
      return rowsOf<{ id: number | null }>(app.db, ids);
    };
    expect(new Set(before.map(({ id }) => id)).size).toBe(3);
    expect(await importText(file)).toEqual(before);
    expect(new Set((await importText(file.replaceAll('b.example/x', 'b.example/y'))).map(({ id }) => id)).size).toBe(2);
    // A file of an earlier version.
    const records = parseCsv(file.replace(/^\uFEFF/, ''));
    const old = records
      .map((cells) =>
        cells
          .slice(0, cells.length - 6)
          .map((cell) => JSON.stringify(cell))
          .join(','),
      )
      .join('\n');
    expect((await importText(old)).every(({ id }) => id === null)).toBe(true);
  });
});
