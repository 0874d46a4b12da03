import type { Db } from '../../ground/db/db.ts';
import { orRefusal } from '../../ground/http/refusal.ts';
import { plural } from '../../ground/text/format.ts';
import { conversionsByGoal } from '../../visitors/conversions/counts.ts';
import { listGoals } from '../../visitors/conversions/goals.ts';
import { sumsInWords } from '../../visitors/conversions/money.ts';
import { reportHref, type ReportView } from '../addresses/address.ts';
import { type Change, changeIn } from '../addresses/change.ts';
import type { Filter } from '../counts/filter.ts';
import { kinds, type Subject } from '../counts/kinds.ts';
import type { Period } from '../counts/period.ts';
import { countGoal, hasGoals, whyUntold } from './goal-counts.ts';

type GoalChoice = { id: string; name: string; href: string; isCurrent: boolean };

/** Conversions beside the clicks of a report: plain values for views/reports/conversions/_tile.eta. */
export type ConversionsTile = {
  /** The goals to choose among, the one that is shown among them. */
  goals: GoalChoice[];
  name: string;
  /** Why there are no numbers; null where there are. */
  untold: string | null;
  /** '38 conversions', '3.45 % of visitors', '1,240.00 EUR'. */
  conversions: string;
  rate: string | null;
  values: string;
  change: Change;
};

type Asked = {
  subject: Subject;
  period: Period;
  filters: readonly Filter[];
  /** Visitors of the report. */
  visitors: number;
  /** Id of the goal that was chosen; the most reached one stands in for one that is gone. */
  goal: string | undefined;
  /** True of a link that gives ids of clicks. */
  givesClickIds: boolean;
  /** The report's address, in which another goal is chosen. */
  path: string;
  view: ReportView;
};

/** @returns null where there is no goal, and of a link whose visitors cannot convert */
export async function loadTile(db: Db, workspaceId: string, asked: Asked): Promise<ConversionsTile | null> {
  const { subject, period, filters, path, view } = asked;
  if (!hasGoals(subject)) return null;
  const all = await listGoals(db, workspaceId);
  if (all.length === 0) return null;
  const ofLink = subject.kind === 'link' ? await conversionsByGoal(db, workspaceId, subject.id) : null;
  const reached = ({ id, conversions }: { id: string; conversions: number }) =>
    ofLink ? (ofLink.get(id) ?? 0) : conversions;
  if (ofLink && !asked.givesClickIds && all.every((goal) => reached(goal) === 0)) return null;
  const goals = all.toSorted((one, other) => reached(other) - reached(one));
  const chosen = goals.find(({ id }) => id === asked.goal) ?? goals[0];
  if (!chosen) return null;
  const tile = {
    goals: goals.map(({ id, name }) => ({
      id,
      name,
      href: reportHref(path, view, { goal: id }),
      isCurrent: id === chosen.id,
    })),
    name: chosen.name,
  };
  const nothing = { conversions: '', rate: null, values: '', change: null };
  const untold = whyUntold(period, filters);
  if (untold) return { ...tile, ...nothing, untold };
  const { value: counts } = await orRefusal(() => countGoal(db, workspaceId, chosen.id, { subject, period, filters }));
  if (!counts) return { ...tile, ...nothing, untold: 'Counting takes too long right now. Try again in a moment.' };
  const { total, previous } = counts;
  return {
    ...tile,
    untold: null,
    conversions: total.conversions === 0 ? 'No conversions' : plural(total.conversions, 'conversion'),
    rate: rateInWords(total.visitors, asked),
    values: sumsInWords(total.values),
    change: changeIn(period, { now: total.conversions, before: previous.conversions }, 'conversion'),
  };
}

/** None for a part of the workspace: its visitors are those whose first click of the day was there. */
function rateInWords(converted: number, { visitors, filters, subject }: Asked): string | null {
  if (visitors === 0 || converted === 0) return null;
  if (filters.length > 0 && kinds[subject.kind].visitorsOf === 'workspace') return null;
  return `${((converted / visitors) * 100).toFixed(2)} % of visitors`;
}
