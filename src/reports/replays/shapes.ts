import { sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { tookTooLong } from '../../ground/db/in-turn.ts';
import { withSettings } from '../../ground/db/local-settings.ts';
import { Invalid } from '../../ground/text/errors.ts';
import { columnsAsked } from '../../visitors/clicks/kept-facts.ts';
import { isLeaf, leavesIn } from '../../visitors/conditions/explain.ts';
import type { Facts } from '../../visitors/conditions/facts.ts';
import { momentsOf } from '../../visitors/conditions/moments.ts';
import { type Opens } from '../../visitors/openings/list.ts';
import { routesIn } from '../../visitors/openings/ways.ts';
import type { Span } from '../counts/period.ts';
import { list, unionAll } from '../counts/queries.ts';
import { selectsOfHits } from '../counts/rows.ts';
import { foldedColumn } from './folded.ts';
import type { KeptShape } from './replay.ts';

/** More kinds of clicks take longer to look at than anybody waits. */
const maxShapes = 200_000;

/** Answers to questions about the time that are looked up ahead. */
const maxAnswers = 1_000_000;

/**
 * The clicks of a link, grouped by nothing but what rules ask.
 * @throws Invalid (field `routes`, code `took_too_long`) where there are too many kinds
 */
export async function findShapes(
  tx: Db,
  workspaceId: string,
  linkId: string,
  span: Span,
  asked: readonly Opens[],
): Promise<KeptShape[]> {
  const leaves = distinctLeaves(asked);
  const questions = leaves.map(({ condition }) => condition);
  const columns = columnsAsked(questions);
  const moments = momentsIn(leaves, span);
  const names = columns.map((column) => sql.raw(column));
  const values = columns.map((column) => sql`${foldedColumn(column, questions)} as ${sql.raw(column)}`);
  const moment =
    moments.starts.length === 0
      ? sql`0`
      : sql`(${sql.param(moments.kinds)}::int[])[width_bucket(c.clicked_at, ${sql.param(moments.starts)}::timestamptz[]) + 1]`;
  const asking = { scope: { workspaceId, subject: { kind: 'link', id: linkId } }, span, filters: [] } as const;
  const read = [...new Set(['clicked_at', 'class', 'workspace_id', 'link_id', ...columns] as const)];
  const keys = list([...names, sql`moment`]);
  const parts = selectsOfHits(asking, read).map(
    (hits) => sql`
  select ${keys}, count(*) as hits
  from (select ${list([...values, sql`${moment} as moment`])} from (${hits}) c where c.class = 'human') c
  group by ${keys}`,
  );
  const grouped = sql`
select ${keys}, sum(hits)::float8 as hits
from (${unionAll(parts)}
) c
group by ${keys}
limit ${maxShapes + 1}`;
  // The planner takes the kinds for many more than there are, and would sort all hits.
  const planning = {
    work_mem: '48MB',
    hash_mem_multiplier: '8',
    enable_sort: 'off',
    parallel_setup_cost: '100',
    parallel_tuple_cost: '0',
  };
  const { rows } = await withSettings(tx, planning, () => tx.execute<KeptShape & { moment: number }>(grouped));
  if (rows.length > maxShapes) throw tooMany();
  return rows.map(({ moment: kind, ...shape }) => ({ ...shape, at: moments.instants[kind] ?? span.from.getTime() }));
}

const tooMany = () =>
  new Invalid(
    'These rules tell too many kinds of clicks apart to replay them. Ask for fewer things at once, or for a shorter period.',
    { field: 'routes', code: tookTooLong },
  );

/** Each question once: rules ask the same things again and again. */
function distinctLeaves(asked: readonly Opens[]) {
  const compiled = asked.flatMap((opens) => routesIn(opens).flatMap(({ when }) => leavesIn(when)));
  const byText = new Map(
    compiled.flatMap(({ ask, condition }) =>
      isLeaf(condition) ? [[JSON.stringify(condition), { ask, condition, parts: [] }] as const] : [],
    ),
  );
  return [...byText.values()];
}

type Moments = {
  /** The beginnings of stretches of time, as timestamps; the first one begins with the span. */
  starts: string[];
  /** The kind of each stretch: those of one kind have the same answers to all questions. */
  kinds: number[];
  /** An instant of each kind. */
  instants: number[];
};

function momentsIn(leaves: ReturnType<typeof distinctLeaves>, { from, to }: Span): Moments {
  const ofTime = leaves.filter(({ condition: { what } }) => what === 'weekday' || what === 'time' || what === 'date');
  const starts = momentsOf(ofTime, { from: from.getTime(), to: to.getTime() });
  const kindOf = new Map<string, number>();
  const instants: number[] = [];
  const mayAsk = starts.length * ofTime.length < maxAnswers;
  const kinds = [from.getTime(), ...starts].map((at, index) => {
    const answers = mayAsk ? ofTime.map(({ ask }) => ask({ at } as Facts)).join() : String(index);
    const known = kindOf.get(answers);
    if (known !== undefined) return known;
    kindOf.set(answers, instants.length);
    instants.push(at);
    return instants.length - 1;
  });
  return { starts: starts.map((start) => new Date(start).toISOString()), kinds, instants };
}
