import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shapeId, shapeOf } from '../../../src/visitors/visits/agent-shape.ts';
import { Batches } from '../../../src/visitors/clicks/inbox.ts';
import { KnownShapes } from '../../../src/visitors/clicks/known-shapes.ts';
import { type Rules, rules as todaysRules } from '../../../src/visitors/machines/classify.ts';
import { signal } from '../../../src/visitors/machines/evidence.ts';
import type { Hit } from '../../../src/visitors/clicks/hit.ts';
import { reclassifyHits, changesSentence } from '../../../src/visitors/upkeep/reclassify.ts';
import { rollUpPending } from '../../../src/visitors/rollups/mover.ts';
import { type OpenTestDatabase, openTestDatabase } from '../../setup/database.ts';
import { insertBareWorkspace, makeHit, putAsOlder, rowsOf } from '../../setup/hits.ts';
import { rollupsAndRows } from '../../setup/rollups.ts';
import { Client } from 'pg';

let database: OpenTestDatabase;
let client: Client;

beforeAll(async () => {
  database = await openTestDatabase();
  client = new Client(database.url);
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

const chrome =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36';
const agents = [
  chrome,
  'AcmeReader/4.2 (Windows NT 10.0) AppleWebKit/537.36',
  'Googlebot/2.1',
  chrome.replace('Chrome', 'Acme/3 Chrome'),
];

/** Rules as they may have been: they take "Acme" for a crawler; the ones after them know that it is a browser. */
const oldRules: Rules = {
  version: 101,
  judge: (evidence) =>
    evidence.agent.includes('Acme')
      ? { class: 'crawler', reason: 'crawler:acme' }
      : todaysRules.judge({ ...evidence, agent: evidence.agent }),
};
const newRules: Rules = {
  version: 102,
  judge: (evidence) => todaysRules.judge({ ...evidence, agent: evidence.agent.replaceAll('AcmeReader', 'Mozilla') }),
};

const hour = 60 * 60 * 1000;
const monday = Date.UTC(2026, 9, 19);

const workspaces: string[] = [];

/** Keys hold the workspace in them, so that they never meet. */
function keyOf(workspaceId: string, visitor: number): number {
  if (!workspaces.includes(workspaceId)) workspaces.push(workspaceId);
  return (workspaces.indexOf(workspaceId) + 1) * 1_000_000 + visitor;
}

function hitsBy(workspaceId: string, rules: Rules, count: number, changes: (index: number) => Partial<Hit>): Hit[] {
  return Array.from({ length: count }, (_, index) => {
    const agent = shapeOf(agents[index % agents.length] ?? '');
    const evidence = { agent, signals: index % 13 === 0 ? signal.secPurpose : 0, network: null, isBurst: false };
    const verdict = rules.judge(evidence);
    return makeHit({
      workspaceId,
      linkId: `${workspaceId}-${index % 5}`,
      clickedAt: monday + index * 11 * 60_000,
      class: verdict.class,
      reason: verdict.reason,
      rulesVersion: rules.version,
      signals: evidence.signals,
      agent,
      agentId: shapeId(agent),
      // Of each three visitors of a day one is met with several agents, so that flags have to move.
      visitorKey: keyOf(workspaceId, Math.floor(index / 120) * 1_000 + (index % 17)),
      ...changes(index),
    });
  });
}

async function record(hits: Hit[]): Promise<void> {
  await client.query(new Batches(hits).statement(new KnownShapes().unknownOf(hits)));
}

const run = (rules: Rules, changes: Partial<Parameters<typeof reclassifyHits>[1]> = {}) =>
  reclassifyHits(database.db, {
    rules,
    since: null,
    isDryRun: false,
    now: new Date(monday + 30 * 24 * hour),
    ...changes,
  });

/** What visitors are, by definition: keys of clicks, a link and in the workspace. */
async function expectExact(workspaceId: string): Promise<void> {
  const { rollups, rows } = await rollupsAndRows(database.db, workspaceId);
  expect(rollups).toEqual(rows);
  const [counts] = await rowsOf<Record<string, number>>(
    database.db,
    sql`
select (count(*) filter (where is_first_on_link))::int as on_link, (count(*) filter (where is_first_in_workspace))::int as in_workspace,
       (count(distinct (link_id, visitor_key)) filter (where class = 'human' and visitor_key is not null))::int as keys_on_link,
       (count(distinct visitor_key) filter (where class = 'human'))::int as keys_in_workspace,
       (count(*) filter (where class <> 'human' and (is_first_on_link or is_first_in_workspace)))::int as wrong
from clicks where workspace_id = ${workspaceId}`,
  );
  expect(counts).toEqual({
    on_link: counts?.keys_on_link,
    keys_on_link: counts?.keys_on_link,
    in_workspace: counts?.keys_in_workspace,
    keys_in_workspace: counts?.keys_in_workspace,
    wrong: 0,
  });
}

const classesOf = (workspaceId: string) =>
  rowsOf<{ class: string; hits: number }>(
    database.db,
    sql`select class, count(*)::int as hits from clicks where workspace_id = ${workspaceId} group by 1 order by 1`,
  );

describe('rules that changed', () => {
  it.each(['UTC', 'Asia/Kolkata', 'America/Los_Angeles'])(
    'are applied to kept rows, and every rollup in %s says what the rows say',
    async (timeZone) => {
      const workspaceId = await insertBareWorkspace(database.db, timeZone);
      await record(hitsBy(workspaceId, oldRules, 1_000, () => ({})));
      await rollUpPending(database.db);
      const before = await classesOf(workspaceId);
      const result = await run(newRules);
      expect(Object.keys(result.moved)).toContain('crawler>human');
      expect(await classesOf(workspaceId)).not.toEqual(before);
      await expectExact(workspaceId);
      await run(oldRules);
      expect(await classesOf(workspaceId)).toEqual(before);
      await expectExact(workspaceId);
    },
  );

  it('leave alone what they judge the same, and what is not in the dictionary', async () => {
    const workspaceId = await insertBareWorkspace(database.db);
    await record(hitsBy(workspaceId, oldRules, 100, () => ({ agent: null, agentId: null })));
    await record(hitsBy(workspaceId, newRules, 100, () => ({})));
    await rollUpPending(database.db);
    const before = await classesOf(workspaceId);
    await run({ ...newRules, version: 103 });
    expect(await classesOf(workspaceId)).toEqual(before);
    await expectExact(workspaceId);
  });

  it('leave a note with what moved, in the workspace that it concerns', async () => {
    const workspaceId = await insertBareWorkspace(database.db);
    const untouched = await insertBareWorkspace(database.db);
    await record(hitsBy(workspaceId, oldRules, 40, () => ({ signals: 0 })));
    await rollUpPending(database.db);
    await run(newRules, { since: new Date(monday) });
    const notes = await rowsOf<{ workspace_id: string; kind: string; text: string }>(
      database.db,
      sql`select workspace_id, kind, text from chart_notes where workspace_id in (${workspaceId}, ${untouched})`,
    );
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatchObject({ workspace_id: workspaceId, kind: 'reclassified' });
    expect(notes[0]?.text).toMatch(/^Rules 102 were applied to past hits: \d+ moved from crawlers to people/);
  });

  it('concern only what came since the instant asked for', async () => {
    const workspaceId = await insertBareWorkspace(database.db);
    await record(hitsBy(workspaceId, oldRules, 400, () => ({})));
    await rollUpPending(database.db);
    const since = new Date(monday + 30 * hour + 7 * 60_000);
    await run(newRules, { since });
    const [kept] = await rowsOf<{ old: number; fresh: number }>(
      database.db,
      sql`
select (count(*) filter (where reason = 'crawler:acme' and clicked_at >= ${since.toISOString()}))::int as fresh,
       (count(*) filter (where rules_version = 102 and clicked_at < ${since.toISOString()} and reason <> 'crawler:acme' and class <> 'human'))::int as old
from clicks where workspace_id = ${workspaceId}`,
    );
    expect(kept).toEqual({ old: 0, fresh: 0 });
    await expectExact(workspaceId);
  });
});

describe('a dry run', () => {
  it('counts what would move and moves nothing', async () => {
    const workspaceId = await insertBareWorkspace(database.db);
    await run(newRules);
    await record(hitsBy(workspaceId, oldRules, 500, () => ({})));
    await rollUpPending(database.db);
    const before = await classesOf(workspaceId);
    const dry = await run(newRules, { isDryRun: true });
    expect(await classesOf(workspaceId)).toEqual(before);
    const real = await run(newRules);
    expect(dry.moved).toEqual(real.moved);
    expect(dry.moved['crawler>human']).toBeGreaterThan(100);
  });
});

describe('a run that is interrupted', () => {
  it('is taken up where it stopped, and nothing is counted twice', async () => {
    const some = await Promise.all([1, 2, 3].map(() => insertBareWorkspace(database.db)));
    for (const workspaceId of some) await record(hitsBy(workspaceId, oldRules, 300, () => ({})));
    await rollUpPending(database.db);
    const rules = { ...newRules, version: 110 };
    let chunks = 0;
    const stop = () => {
      if (++chunks === 2) throw new Error('killed');
    };
    await expect(run(rules, { onProgress: stop })).rejects.toThrow('killed');
    const result = await run(rules);
    expect(result.resumedAfter).toBeGreaterThan(0);
    for (const workspaceId of some) await expectExact(workspaceId);
    const left = await rowsOf(
      database.db,
      sql`select 1 from clicks where reason = 'crawler:acme' and agent_id is not null`,
    );
    expect(left).toEqual([]);
    expect((await run(rules)).moved).toEqual({});
  });

  it('is taken up within a workspace, at the hour where it stopped', async () => {
    const made = await insertBareWorkspace(database.db);
    const workspaceId = `0${made}`; // the first in their order
    await database.db.execute(sql`update workspaces set id = ${workspaceId} where id = ${made}`);
    await record(hitsBy(workspaceId, oldRules, 600, () => ({})));
    await rollUpPending(database.db);
    const rules = { ...newRules, version: 112 };
    const done: number[] = [];
    const stop = (hits: number) => {
      if (done.push(hits) === 3) throw new Error('killed');
    };
    await expect(run(rules, { chunkHits: 100, onProgress: stop })).rejects.toThrow('killed');
    expect(done.at(-1)).toBeLessThan(600);
    const result = await run(rules, { chunkHits: 100 });
    expect(result.resumedAfter).toBe(done.at(-1));
    await expectExact(workspaceId);
    expect((await run(rules)).moved).toEqual({});
  });

  it('may be run twice at once', async () => {
    const workspaceId = await insertBareWorkspace(database.db);
    await record(hitsBy(workspaceId, oldRules, 300, () => ({})));
    await rollUpPending(database.db);
    const rules = { ...newRules, version: 111 };
    await Promise.all([run(rules), run(rules), rollUpPending(database.db)]);
    await expectExact(workspaceId);
  });
});

describe('what goes on meanwhile', () => {
  it('hits that an older version left pending are restated too, and rolled up as what they are', async () => {
    const workspaceId = await insertBareWorkspace(database.db);
    const hits = hitsBy(workspaceId, oldRules, 300, () => ({}));
    await record(hits.slice(0, 150));
    await rollUpPending(database.db);
    const rules = { ...newRules, version: 120 };
    // After the run has rolled up, before its first chunk.
    const judge: Rules['judge'] = (evidence) => rules.judge(evidence);
    await putAsOlder(database.db, workspaceId, hits.slice(150));
    await database.db.transaction(async (tx) => {
      const { findRestated, applyRestated } = await import('../../../src/visitors/upkeep/restate.ts');
      const chunk = { workspaceId, from: new Date(monday), to: new Date(monday + 100 * hour) };
      await findRestated(tx, chunk, { ...rules, judge });
      await applyRestated(tx, chunk, rules, new Date(monday));
    });
    await rollUpPending(database.db);
    await expectExact(workspaceId);
    expect((await classesOf(workspaceId)).map((row) => row.class)).toEqual(['crawler', 'human', 'prefetch']);
  });
});

describe('bursts', () => {
  it('are scanners from their first hit on, once they are reclassified', async () => {
    const workspaceId = await insertBareWorkspace(database.db);
    const agent = shapeOf(chrome);
    const bare = signal.noLanguage | signal.noFetchMetadata;
    const at = monday + 5 * hour;
    const common = { workspaceId, agent, agentId: shapeId(agent), rulesVersion: 1 };
    const open = (link: number, ms: number, changes: Partial<Hit>) =>
      makeHit({ ...common, linkId: `${workspaceId}-${link}`, clickedAt: at + ms, ...changes });
    await record([
      ...[0, 1, 2, 3].map((n) => open(n, n * 900, { visitorKey: 71, signals: bare })),
      ...[0, 1, 2, 3].map((n) => open(n, n * 900, { visitorKey: 72 })),
      ...[0, 1, 2, 3].map((n) => open(n, n * 60_000, { visitorKey: 73, signals: bare })),
      ...[74, 75, 76].map((visitorKey, n) => open(9, n * 500, { visitorKey, network: 'proofpoint' })),
      open(8, 0, { visitorKey: 77, network: 'proofpoint' }),
    ]);
    await rollUpPending(database.db);
    await run({ ...todaysRules, version: 130 });
    const found = await rowsOf<{ visitor_key: number; reasons: string }>(
      database.db,
      sql`select visitor_key::int, string_agg(distinct reason, ' ') as reasons from clicks where workspace_id = ${workspaceId} group by 1 order by 1`,
    );
    expect(found.map((row) => `${row.visitor_key} ${row.reasons}`)).toEqual([
      '71 scanner:burst',
      '72 human:browser',
      '73 human:browser',
      '74 scanner:proofpoint',
      '75 scanner:proofpoint',
      '76 scanner:proofpoint',
      '77 human:in-doubt',
    ]);
    await expectExact(workspaceId);
  });
});

describe('the sentence of a note', () => {
  it('says the largest move first', () => {
    expect(changesSentence({ 'human>scanner': 3, 'crawler>human': 12, 'human>human': 1 }, 7)).toBe(
      'Rules 7 were applied to past hits: 12 moved from crawlers to people, 3 moved from people to security scanners, 1 stayed people for another reason.',
    );
  });
});
