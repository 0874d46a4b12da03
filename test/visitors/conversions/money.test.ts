import { expect, it } from 'vitest';
import { isCurrency, minorUnitsOf } from '../../../src/visitors/conversions/money.ts';

it.each([
  ['12.50', 'EUR', 1250],
  ['12', 'EUR', 1200],
  ['0.1', 'USD', 10],
  ['1200', 'JPY', 1200],
  ['1200.00', 'JPY', 1200],
  ['1.234', 'KWD', 1234],
  ['1.234', 'EUR', undefined],
  ['0.5', 'JPY', undefined],
  ['-1', 'EUR', undefined],
  ['1e3', 'EUR', undefined],
  ['1,50', 'EUR', undefined],
  ['', 'EUR', undefined],
])('%s %s', (amount, currency, expected) => expect(minorUnitsOf(amount, currency)).toBe(expected));

it('knows currencies by their code in capital letters', () => {
  expect([isCurrency('EUR'), isCurrency('JPY'), isCurrency('eur'), isCurrency('EURO'), isCurrency('')]).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});
