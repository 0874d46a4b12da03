import type { Condition, Route } from '../../ground/addresses/route.ts';

/** Properties of a question in the order in which people read them. Postgres keeps them in another. */
const order = ['what', 'name', 'is', 'values', 'number', 'from', 'to', 'date', 'timeZone'];

const placeOf = (name: string) => order.indexOf(name) >>> 0; // without a place: at the end

function conditionJson(condition: Condition): Condition {
  if ('all' in condition) return { all: condition.all.map(conditionJson) };
  if ('any' in condition) return { any: condition.any.map(conditionJson) };
  if ('not' in condition) return { not: conditionJson(condition.not) };
  const pairs = Object.entries(condition).toSorted(([one], [other]) => placeOf(one) - placeOf(other));
  return Object.fromEntries(pairs) as Condition;
}

/** Rules as programs get them; `readRoutes` makes the same of them. */
export const routesJson = (routes: readonly Route[]) =>
  routes.map(({ name, when, to }) => ({
    name,
    when: conditionJson(when),
    to: to.map(({ url, weight, app }) => ({ url, weight, ...(app !== null && { app }) })),
  }));
