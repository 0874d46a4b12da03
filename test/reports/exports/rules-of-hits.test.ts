import { Readable } from 'node:stream';
import { Client as Connection } from 'pg';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csvLine, parseCsv } from '../../../src/ground/text/csv.ts';
import { importHits } from '../../../src/reports/imports/hits-import.ts';
import { type Client, openClient } from '../../people/keys/client.ts';
import { byTest } from '../../setup/actor.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { rowsOf } from '../../setup/hits.ts';
import { makeLink } from '../../setup/make.ts';
import { ruleFor } from '../../setup/rules.ts';

let app: TestApp;
let ada: Person;
let client: Client;
let workspaceId: string;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
  client = await openClient(app, ada);
  workspaceId = ada.workspace.id;
  const routes = [ruleFor('Germany, “all”', 'de', 'https://www.shop.example/de')];
  await makeLink(app, ada, { url: 'https://shop.example/', slug: 'ruled', routes });
  for (let person = 1; person <= 9; person++)
    await app.visit(person > 6 ? '/ruled' : '/ruled?to=de', { headers: { 'x-forwarded-for': `198.51.100.${person}` } });
});

afterAll(() => app?.close());

const takeFile = async () =>
  parseCsv((await ada.ask(`/w/${ada.workspace.slug}/export?file=hits`)).text.replace(/^\uFEFF/, ''));

async function importAnew(records: readonly (readonly string[])[]): Promise<void> {
  await app.rollUp();
  await app.db.execute(sql`delete from clicks where workspace_id = ${workspaceId}`);
  const connection = new Connection({ connectionString: app.databaseUrl });
  await connection.connect();
  try {
    await importHits(connection, {
      workspaceId,
      by: byTest,
      bytes: Readable.from([Buffer.from(records.map((cells) => csvLine(cells)).join(''))]),
      bounds: { now: new Date(), keptSince: null },
      isDryRun: false,
      onProgress: () => {},
    });
  } finally {
    await connection.end();
  }
}

/** Where each hit was sent, in their order. */
const sent = () =>
  rowsOf<{ destinationId: number | null; routeId: number | null }>(
    app.db,
    sql`select destination_id as "destinationId", route_id as "routeId" from clicks where workspace_id = ${workspaceId} order by clicked_at, id`,
  );

const nowhere = Array.from({ length: 9 }, () => ({ destinationId: null, routeId: null }));

describe('a hit that a rule sent elsewhere', () => {
  it('says the rule and its address and no letter, in files and in JSON', async () => {
    const [names = [], ...rows] = await takeFile();
    const inFile = rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index]])));
    const [rule] = await rowsOf<{ id: string }>(app.db, sql`select id::text from link_routes`);
    expect(inFile.map(({ version, version_url, route, route_id }) => [version, version_url, route, route_id])).toEqual([
      ...Array.from({ length: 6 }, () => ['', 'https://www.shop.example/de', 'Germany, “all”', rule?.id]),
      ...Array.from({ length: 3 }, () => ['', '', '', '']),
    ]);
    const { data } = (await client.ask('/hits')).json() as { data: Record<string, string | null>[] };
    expect(data.map(({ version, versionUrl, route, routeId }) => [version, versionUrl, route, routeId])).toEqual(
      inFile.map(({ version_url, route, route_id }) => [null, version_url || null, route || null, route_id || null]),
    );
  });

  it('comes back by an import with its rule where that is there, else without', async () => {
    const records = await takeFile();
    await app.rollUp();
    const before = await sent();
    expect(before.filter(({ routeId, destinationId }) => routeId && destinationId)).toHaveLength(6);
    await importAnew(records);
    expect(await sent()).toEqual(before);

    const [names = [], ...rows] = records;
    const at = names.indexOf('route_id');
    await importAnew([names, ...rows.map((row) => row.with(at, row[at] ? '999' : ''))]);
    expect(await sent()).toEqual(nowhere);
    // A file of an earlier version.
    await importAnew(records.map((row) => row.slice(0, names.indexOf('route'))));
    expect(await sent()).toEqual(nowhere);
    await importAnew(records.map((row) => row.slice(0, names.indexOf('version'))));
    expect(await sent()).toEqual(nowhere);
  });

  it('is refused with the column where its rule is no number', async () => {
    const [names = [], ...rows] = await takeFile();
    const at = names.indexOf('route_id');
    await expect(importAnew([names, ...rows.map((row) => row.with(at, 'Germany'))])).rejects.toThrow(
      'Line 2, column route_id: "Germany" is no number of a rule.',
    );
  });
});
