import { z } from 'zod';
import { chosenFacts, weekdays } from '../../ground/addresses/route.ts';
import type { Schema } from '../../people/reference/openapi.ts';
import { maxWeight } from '../splits/text.ts';
import { maxLeaves, maxRouteDestinations, maxRouteName, maxRoutes, maxValues } from './read.ts';

/**
 * Rules as OpenAPI describes them. These schemas judge nothing: `readRoutes` bounds its work before it goes deeper. Answers
 * may hold a question of a newer version.
 */

const values: Schema = { type: 'array', items: { type: 'string' }, maxItems: maxValues };
const among: Schema = { type: 'string', enum: ['one_of', 'none_of'] };
const timeZone: Schema = {
  type: 'string',
  description: 'Such as `Europe/Berlin`; the zone of your workspace where you leave it out.',
};
const name: Schema = { type: 'string', description: 'The parameter.' };
const date: Schema = { type: 'string', description: 'Such as `2026-12-24T18:00`, or a day alone for its midnight.' };

const partOf = (properties: Schema['properties'], required = Object.keys(properties ?? {})): Schema => ({
  type: 'object',
  properties: properties ?? {},
  required: required.filter((each) => each !== 'timeZone'),
});

const only = (...choices: string[]): Schema => ({ type: 'string', enum: choices });
const itself: Schema = { $ref: '#/components/schemas/RouteCondition' };
const several: Schema = { type: 'array', items: itself, maxItems: maxLeaves };

const conditionExample = {
  all: [
    { what: 'country', is: 'one_of', values: ['DE', 'AT'] },
    { not: { what: 'language', is: 'one_of', values: ['en'] } },
  ],
};

/** A component of the description, to which all others point. */
z.unknown().meta({
  id: 'RouteCondition',
  description:
    'A question about a visit (`what`, `is` and more), or several: `all` of them hold, `any` does, or one does `not`. `{"all": []}` always holds. See [Rules](#rules).',
  examples: [conditionExample],
  anyOf: [
    partOf({ what: only(...chosenFacts), is: among, values }),
    partOf({ what: only('query'), name, is: among, values }),
    partOf({ what: only('query'), name, is: only('given') }),
    partOf({ what: only('query'), name, is: only('at_least'), number: { type: 'number' } }),
    partOf({ what: only('weekday'), is: among, values: { ...values, items: only(...weekdays) }, timeZone }),
    partOf({ what: only('time'), is: only('between'), from: { type: 'string' }, to: { type: 'string' }, timeZone }),
    partOf({ what: only('date'), is: only('before', 'from'), date, timeZone }),
    partOf({ what: only('date'), is: only('between'), from: date, to: date, timeZone }),
    partOf({ all: several }),
    partOf({ any: several }),
    partOf({ not: itself }),
  ],
});

const destinationOf = (isGiven: boolean): Schema => ({
  type: 'object',
  properties: {
    url: { type: 'string', description: 'An address.' },
    weight: {
      type: 'integer',
      minimum: 0,
      maximum: maxWeight,
      default: 1,
      description: 'Its share is this by the sum of all.',
    },
    app: {
      type: 'string',
      description:
        'The address of an app, such as `acme://product/1`, of a scheme that the workspace allows. A page offers it by a button, and `url` beside it.',
    },
  },
  required: isGiven ? ['url', 'weight'] : ['url'],
});

/** @param isGiven in answers, which leave out nothing but addresses of apps */
const rulesOf = (isGiven: boolean): Schema => ({
  type: 'array',
  maxItems: maxRoutes,
  items: {
    type: 'object',
    properties: {
      name: {
        type: 'string',
        maxLength: maxRouteName,
        description: 'How reports call it. Without it, it is called as its condition reads.',
      },
      when: itself,
      to: {
        type: 'array',
        items: destinationOf(isGiven),
        maxItems: maxRouteDestinations,
        description: 'Where it leads.',
      },
    },
    required: isGiven ? ['name', 'when', 'to'] : ['when', 'to'],
  },
});

const described = (rules: Schema, description: string) => ({ description, anyOf: [rules, { type: 'null' }] });

const example = [
  {
    name: 'German speakers',
    when: { what: 'language', is: 'one_of', values: ['de'] },
    to: [{ url: 'https://www.acme.com/de/sale' }],
  },
];

export const routesValue = z
  .unknown()
  .meta(
    described(
      rulesOf(true),
      'Its rules, in their order, `null` when there are none. The first whose condition holds decides.',
    ),
  );

export const routesSent = z
  .unknown()
  .refine((sent) => sent === null || Array.isArray(sent), 'Write routes as a list of rules, or null for none.')
  .meta({
    ...described(
      rulesOf(false),
      'Rules that send some visitors elsewhere, in their order, `null` for none. The first whose condition holds decides.',
    ),
    examples: [example],
  });
