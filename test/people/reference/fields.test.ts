import { describe, expect, it } from 'vitest';
import { exampleOf } from '../../../src/people/reference/example.ts';
import { fieldOfParameter, fieldsOf } from '../../../src/people/reference/fields.ts';
import type { Schemas } from '../../../src/people/reference/openapi.ts';
import { paragraphsOf, runsOf } from '../../../src/people/reference/words.ts';

const schemas: Schemas = {
  Link: {
    type: 'object',
    required: ['id', 'ends'],
    properties: {
      id: { type: 'string', description: 'The `id`.' },
      ends: { anyOf: [{ type: 'string', format: 'date-time' }, { type: 'null' }] },
      goal: { type: 'integer', minimum: 1, maximum: 9_007_199_254_740_991 },
    },
    examples: [{ id: 'V7mQ', goal: 3 }],
  },
};
const page = {
  type: 'object',
  required: ['data'],
  properties: { data: { type: 'array', items: { $ref: '#/components/schemas/Link' }, description: 'Links.' } },
};

describe('the properties of a schema', () => {
  it('are listed with those of what it refers to', () => {
    const [data] = fieldsOf(page, schemas);
    expect(data).toMatchObject({ name: 'data', type: 'list of objects', isRequired: true });
    expect(data?.fields.map(({ name, type, isRequired, limits }) => ({ name, type, isRequired, limits }))).toEqual([
      { name: 'id', type: 'string', isRequired: true, limits: [] },
      { name: 'ends', type: 'time or null', isRequired: true, limits: [] },
      { name: 'goal', type: 'integer', isRequired: false, limits: ['1 or more'] },
    ]);
  });

  it('have an example, with every property that is always there', () => {
    expect(exampleOf(page, schemas)).toEqual({ data: [{ id: 'V7mQ', ends: null, goal: 3 }] });
  });

  it('refuse a reference that leads nowhere', () => {
    expect(() => fieldsOf({ $ref: '#/components/schemas/None' }, schemas)).toThrow('#/components/schemas/None');
  });
});

it.each([
  [{ type: 'integer', minimum: 1, maximum: 100, default: 20 }, ['1 to 100'], '20', []],
  [{ type: 'string', maxLength: 200, default: '' }, ['at most 200 characters'], undefined, []],
  [{ type: ['string', 'null'], enum: ['a', 'b', null] }, [], undefined, ['a', 'b']],
])('a parameter of the schema %j says its limits', (schema, limits, standard, choices) => {
  const field = fieldOfParameter({ name: 'it', in: 'query', schema }, {});
  expect(field).toMatchObject({ limits, standard, choices, isRequired: false });
});

it('a parameter that takes several values may be repeated', () => {
  const schema = { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] };
  expect(fieldOfParameter({ name: 'it', in: 'query', schema, example: 'a:b' }, {})).toMatchObject({
    type: 'string, may be repeated',
    example: 'a:b',
  });
});

it('texts are read with their code, what is stressed, and links', () => {
  expect(runsOf('Send `a*b` **now**, see [this](#there).')).toEqual([
    { kind: 'text', text: 'Send ' },
    { kind: 'code', text: 'a*b' },
    { kind: 'text', text: ' ' },
    { kind: 'strong', text: 'now' },
    { kind: 'text', text: ', see ' },
    { kind: 'link', text: 'this', href: '#there' },
    { kind: 'text', text: '.' },
  ]);
  expect(paragraphsOf('\nOne\nline.\n\n\nAnother.\n')).toEqual([
    [{ kind: 'text', text: 'One line.' }],
    [{ kind: 'text', text: 'Another.' }],
  ]);
});
