import { Invalid } from '../../ground/text/errors.ts';
import { inSentence, orList } from '../../ground/text/format.ts';
import { type Dimension, type DimensionName, dimensions, formerNames } from '../../visitors/rollups/dimensions.ts';
import { labelOf } from './labels.ts';
import type { LinkNames } from './link-names.ts';

const filterOperators = ['is', 'not', 'contains'] as const;
type FilterOperator = (typeof filterOperators)[number];

/** 'country is DE'. A value of '' stands for clicks without one. */
export type Filter = { dimension: DimensionName; operator: FilterOperator; value: string };

/** The dimensions that filter: all but those of hits that are no clicks. */
const filterable: readonly Dimension[] = dimensions.filter(({ counts }) => counts !== 'hits');

const most = 10;
const longestValue = 500;

/**
 * Reads filters as addresses carry them: 'country:is:DE'. The value is what follows the second colon, as it is.
 * The same filter twice counts once.
 * @throws Invalid, with a sentence, for a dimension or an operator that there is not, an empty `contains`, and too many
 */
export function parseFilters(texts: readonly string[], field: string): Filter[] {
  const refuse = (sentence: string) => new Invalid(sentence, { field });
  if (texts.length > most) throw refuse(`Use up to ${most} filters at once.`);
  return [...new Set(texts)].map((text) => {
    const [typed = '', operator = '', ...rest] = text.split(':');
    const name = Object.hasOwn(formerNames, typed) ? formerNames[typed] : typed;
    const value = rest.join(':');
    const dimension = filterable.find((each) => each.name === name);
    if (!dimension || rest.length === 0)
      throw refuse(
        `A filter reads like country:is:DE, and begins with ${orList(filterable.map((each) => each.name))}.`,
      );
    const known = filterOperators.find((each) => each === operator);
    if (!known) throw refuse(`After ${name} comes ${orList(filterOperators)}.`);
    if (value.length > longestValue || value.includes('\0'))
      throw refuse(`The value of a filter has up to ${longestValue} characters.`);
    if (known === 'contains' && !dimension.isText)
      throw refuse(`${dimension.title} are chosen from a list: use is or not, and a value such as the list has.`);
    if (known === 'contains' && value === '') throw refuse(`Say what the ${inSentence(dimension.one)} contains.`);
    return { dimension: name as DimensionName, operator: known, value };
  });
}

/** 'country:is:DE' */
export function filterText({ dimension, operator, value }: Filter): string {
  return `${dimension}:${operator}:${value}`;
}

/** The filters with one more; once is enough. */
export function withFilter(filters: readonly Filter[], added: Filter): Filter[] {
  return [...withoutFilter(filters, added), added];
}

/** The filters without this one. */
export function withoutFilter(filters: readonly Filter[], gone: Filter): Filter[] {
  return filters.filter((each) => filterText(each) !== filterText(gone));
}

/** 'Country is not Germany'. */
export const filterSentence = (filter: Filter, linkNames: LinkNames): string =>
  Object.values(filterWords(filter, linkNames)).join(' ');

const operatorWords: Readonly<Record<FilterOperator, string>> = { is: 'is', not: 'is not', contains: 'contains' };

/** 'Country', 'is not', 'Germany', in the order in which they are read. */
export function filterWords({ dimension, operator, value }: Filter, linkNames: LinkNames) {
  const { label, context } = labelOf(dimension, value, linkNames);
  return {
    name: filterable.find(({ name }) => name === dimension)?.one ?? dimension,
    operator: operatorWords[operator],
    value: operator === 'contains' ? `“${value}”` : context ? `${label}, ${context}` : label,
  };
}
