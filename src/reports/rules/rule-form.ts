import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Condition, Leaf, Route } from '../../ground/addresses/route.ts';
import { typed } from '../../ground/http/typed.ts';
import { Invalid, Refusals } from '../../ground/text/errors.ts';
import { orList } from '../../ground/text/format.ts';
import { labelOfValue } from '../../links/routes/labels.ts';
import { madeName } from '../../links/routes/read.ts';
import { readShares, textsOfShares, withEvenShares } from '../../links/splits/shares.ts';
import { factOf, lacksAnEnd, operators, type TypedCondition } from './rule-facts.ts';

/** `app`: the address of an app, which a page offers. */
export type TypedAddress = { url: string; share: string; app: string };

/** A rule as it stands in its form. */
export type TypedRule = { name: string; conditions: TypedCondition[]; addresses: TypedAddress[]; timeZone: string };

export const mostConditions = 50;
export const mostAddresses = 8;

/** A field that stands in each row. */
const column = z.union([z.array(z.string()), z.string().transform((text) => [text])]).catch([]);

export const ruleForm = z.object({
  name: typed,
  join: column,
  what: column,
  is: column,
  parameter: column,
  values: column,
  url: column,
  share: column,
  app: column,
  timeZone: typed,
  /** `save`, `replay`, `add-condition`, `add-address`, or what is removed with the place of its row. */
  action: typed,
  /** Digest of the rules that the form began with. */
  shown: typed,
});

/** The form as it was sent. */
export const typedRule = (form: z.output<typeof ruleForm>): TypedRule => ({
  name: form.name,
  timeZone: form.timeZone,
  conditions: form.what.slice(0, mostConditions).map((what, index) => ({
    what,
    join: index === 0 ? '' : (form.join[index] ?? 'and'),
    is: form.is[index] ?? 'one_of',
    parameter: form.parameter[index] ?? '',
    values: form.values[index] ?? '',
  })),
  addresses: form.url.slice(0, mostAddresses).map((url, index) => ({
    url,
    share: form.share[index] ?? '',
    app: form.app[index] ?? '',
  })),
});

const emptyCondition: TypedCondition = { join: 'and', what: 'country', is: 'one_of', parameter: '', values: '' };

const emptyAddress: TypedAddress = { url: '', share: '', app: '' };

/** The form of a new rule. */
export const newRule = (timeZone: string): TypedRule => ({
  name: '',
  conditions: [{ ...emptyCondition, join: '' }],
  addresses: [emptyAddress],
  timeZone,
});

/** The form after a press that changes its rows alone; undefined where it is to be saved or tried. */
export function withOtherParts(rule: TypedRule, action: string): TypedRule | undefined {
  const { conditions, addresses } = rule;
  if (action === 'add-condition')
    return { ...rule, conditions: [...conditions, emptyCondition].slice(0, mostConditions) };
  const withAddresses = (others: TypedAddress[]) => ({ ...rule, addresses: withEvenShares(addresses, others) });
  if (action === 'add-address') return withAddresses([...addresses, emptyAddress].slice(0, mostAddresses));
  const [, of, place] = /^remove-(condition|address)-(\d+)$/.exec(action) ?? [];
  if (of === undefined) return undefined;
  const without = <Each>(rows: readonly Each[]) =>
    rows.length > 1 ? rows.filter((_, index) => index !== Number(place)) : [...rows];
  if (of === 'address') return withAddresses(without(addresses));
  return { ...rule, conditions: without(conditions).map((row, index) => (index === 0 ? { ...row, join: '' } : row)) };
}

/** The row that a press has added. */
export const addedRow = ({ conditions, addresses }: TypedRule, action: string): string | undefined =>
  action === 'add-condition'
    ? `condition-${conditions.length - 1}`
    : action === 'add-address'
      ? `address-${addresses.length - 1}`
      : undefined;

/**
 * The rule as the API would be sent it, and the field of the form for each path of a refusal.
 * @param known the addresses of the rule that is changed, whose shares the form may have shown
 * @throws Invalid for shares that cannot be, Refused for several
 */
export function sentOf(rule: TypedRule, known: Route['to'] = []): { sent: unknown; fieldOf: (path: string) => string } {
  const groups: number[][] = [];
  rule.conditions.forEach(({ join, what }, index) => {
    if (what === 'always') return;
    const last = groups.at(-1);
    if (join === 'or' && last) last.push(index);
    else groups.push([index]);
  });
  const all = groups.map((rows) => ({
    any: rows.map((row) => {
      const condition = rule.conditions[row] ?? emptyCondition;
      return factOf(condition.what).sent(condition, rule.timeZone);
    }),
  }));
  const refusals = new Refusals();
  const weights =
    rule.addresses.length === 1
      ? [1]
      : readShares(
          rule.addresses.map(({ share }, index) => ({ text: share, field: `share-${index}` })),
          refusals,
          { known: known.map(({ weight }) => weight), ofAll: 'rule' },
        );
  refusals.settle({});
  const to = rule.addresses.map(({ url, app }, index) => {
    return { url, weight: weights?.[index], ...(app.trim() && { app }) };
  });
  const fieldOf = (path: string) => {
    if (path.endsWith('.timeZone')) return 'timeZone';
    const [, group, row] = /^\.when\.all\[(\d+)\](?:\.any\[(\d+)\])?/.exec(path) ?? [];
    if (group !== undefined) return `condition-${groups[Number(group)]?.[Number(row ?? 0)] ?? 0}`;
    const [, address, part] = /^\.to\[(\d+)\](?:\.(\w+))?/.exec(path) ?? [];
    if (address !== undefined) return `${part === 'weight' ? 'share' : part === 'app' ? 'app' : 'url'}-${address}`;
    return path.startsWith('.name') ? 'name' : 'rule';
  };
  return { sent: { ...(rule.name.trim() && { name: rule.name }), when: { all }, to }, fieldOf };
}

/** Refuses comparisons that a fact has not, as of browsers without scripts, and half a span. @throws Invalid at the first row */
export function refuseRows({ conditions }: TypedRule): void {
  for (const [index, row] of conditions.entries()) {
    const { what, is } = row;
    const fact = factOf(what);
    if (lacksAnEnd(row))
      throw new Invalid(`Write a beginning and an end, such as ${fact.placeholder}.`, { field: `condition-${index}` });
    if (fact.operators.length === 0 || fact.operators.some((name) => name === is)) continue;
    const labels = operators.filter(({ name }) => fact.operators.includes(name)).map(({ label }) => `“${label}”`);
    throw new Invalid(`Choose ${orList(labels)} for ${fact.label.toLowerCase()}.`, { field: `condition-${index}` });
  }
}

/** The form without fields that were refused, so that the others are read too; undefined where nothing more can be told. */
export function withoutFaults(rule: TypedRule, fields: readonly (string | undefined)[]): TypedRule | undefined {
  const isFaulty = (field: string) => fields.includes(field);
  const ofShares = fields.some((field) => field === 'rule' || field?.startsWith('share-'));
  const rest: TypedRule = {
    name: isFaulty('name') ? '' : rule.name,
    conditions: rule.conditions.map((row, at) => (isFaulty(`condition-${at}`) ? { ...row, what: 'always' } : row)),
    addresses: rule.addresses.map(({ url, share, app }, at) => ({
      url,
      share: ofShares ? '' : share,
      app: isFaulty(`app-${at}`) ? '' : app,
    })),
    timeZone: isFaulty('timeZone') ? '' : rule.timeZone,
  };
  return JSON.stringify(rest) === JSON.stringify(rule) ? undefined : rest;
}

/** A condition without the groups of the form that hold one question alone. */
export function simplified(condition: Condition): Condition {
  if (!('all' in condition)) return condition;
  const all = condition.all.map((each) => ('any' in each && each.any.length === 1 && each.any[0]) || each);
  return all.length === 1 && all[0] ? all[0] : { all };
}

/** The form for a rule as it is; undefined where its condition is of a shape that rows cannot show. */
export function openRule({ name, when, to }: Route, timeZone: string): TypedRule | undefined {
  const groups = 'all' in when ? when.all : [when];
  const conditions: TypedCondition[] = [];
  const zones = new Set<string>();
  for (const group of groups)
    for (const [index, each] of ('any' in group ? group.any : [group]).entries()) {
      const row = rowOf(each);
      if (!row) return undefined;
      if (row.timeZone !== undefined) zones.add(row.timeZone);
      const join = conditions.length === 0 ? '' : index === 0 ? 'and' : 'or';
      conditions.push({ ...emptyCondition, ...row.condition, join });
    }
  if (zones.size > 1 || groups.some((group) => 'any' in group && group.any.length === 0)) return undefined;
  const always = { ...emptyCondition, what: 'always', join: '' };
  const shares = textsOfShares(to.map(({ weight }) => weight));
  return {
    // A name that was made follows the condition.
    name: name === madeName(when) ? '' : name,
    conditions: conditions.length > 0 ? conditions : [always],
    addresses: to.map(({ url, app }, index) => ({ url, share: shares[index] ?? '', app: app ?? '' })),
    timeZone: [...zones][0] ?? timeZone,
  };
}

type Row = { condition: Omit<TypedCondition, 'join' | 'parameter'> & { parameter?: string }; timeZone?: string };

function rowOf(condition: Condition): Row | undefined {
  if ('not' in condition) {
    const { not } = condition;
    // Times and dates alone have no negation of their own.
    if (!('what' in not) || (not.what !== 'time' && not.what !== 'date') || not.is !== 'between') return undefined;
    const row = rowOf(not);
    return row && { ...row, condition: { ...row.condition, is: 'none_of' } };
  }
  return 'what' in condition ? rowOfLeaf(condition) : undefined;
}

function rowOfLeaf(leaf: Leaf): Row {
  const { what, is } = leaf;
  if (is === 'between')
    return { condition: { what, is: 'one_of', values: `${leaf.from} to ${leaf.to}` }, timeZone: leaf.timeZone };
  if (leaf.what === 'date') return { condition: { what, is, values: leaf.date }, timeZone: leaf.timeZone };
  if (is === 'given') return { condition: { what, is, parameter: leaf.name, values: '' } };
  if (is === 'at_least') return { condition: { what, is, parameter: leaf.name, values: String(leaf.number) } };
  if (leaf.what === 'query') return { condition: { what, is, parameter: leaf.name, values: leaf.values.join(', ') } };
  const values = leaf.values.map((value) => labelOfValue(leaf.what, value)).join(', ');
  return { condition: { what, is, values }, ...(leaf.what === 'weekday' && { timeZone: leaf.timeZone }) };
}

/** A digest of all rules of a link, so that a form saves over nothing that it did not show. */
export const digestOfRules = ({ routes }: { routes: readonly Route[] | null }): string =>
  createHash('sha256')
    .update(JSON.stringify(routes ?? []))
    .digest('base64url')
    .slice(0, 16);
