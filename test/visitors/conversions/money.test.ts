import { expect, it } from 'vitest';
import {
  addMoney,
  formatMoney,
  isCurrency,
  minorUnitsOf,
  sumsInWords,
} from '../../../src/visitors/conversions/money.ts';

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

it.each([
  [24_000, 'EUR', '240.00 EUR'],
  [123_456_789, 'USD', '1,234,567.89 USD'],
  [1_250, 'JPY', '1,250 JPY'],
  [1_234, 'KWD', '1.234 KWD'],
  [5, 'EUR', '0.05 EUR'],
  [0, 'JPY', '0 JPY'],
])('writes %d minor units of %s', (value, currency, expected) =>
  expect(formatMoney({ value, currency })).toBe(expected),
);

it('adds up sums by currency, and writes them one behind the other', () => {
  const sums = addMoney([
    { currency: 'JPY', value: 80 },
    { currency: 'EUR', value: 1_250 },
    { currency: 'EUR', value: 50 },
  ]);
  expect(sumsInWords(sums)).toBe('13.00 EUR, 80 JPY');
  expect(sumsInWords([])).toBe('');
});
