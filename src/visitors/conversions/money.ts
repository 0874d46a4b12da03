const known = new Set(Intl.supportedValuesOf('currency'));

/** The greatest value that is taken, in minor units: sums of a billion of them fit into 64 bits. */
export const maxValue = 1e9;

/** Whether it is the code of a currency (ISO 4217), in capital letters. */
export const isCurrency = (code: string): boolean => known.has(code);

/** A sum in minor units: 1250 EUR is 12.50. */
export type Money = { currency: string; value: number };

/** How many figures a currency has behind the point: 2 for EUR, none for JPY. */
const figuresOf = (currency: string): number =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;

/**
 * Reads an amount as networks write it, such as 12.50.
 * @returns the amount in minor units; undefined for what is none
 */
export function minorUnitsOf(amount: string, currency: string): number | undefined {
  const figures = figuresOf(currency);
  const [, whole, part = ''] = /^(\d{1,12})(?:\.(\d{1,6}))?$/.exec(amount) ?? [];
  if (whole === undefined || /[1-9]/.test(part.slice(figures))) return undefined;
  return Number(whole + part.slice(0, figures).padEnd(figures, '0'));
}

/** '1,240.00 EUR', '1,250 JPY': as many figures behind the point as the currency has. */
export function formatMoney({ currency, value }: Money): string {
  const figures = figuresOf(currency);
  const amount = new Intl.NumberFormat('en', { minimumFractionDigits: figures, maximumFractionDigits: figures });
  return `${amount.format(value / 10 ** figures)} ${currency}`;
}

/** '1,240.00 EUR, 80 JPY'; '' for none. */
export const sumsInWords = (sums: readonly Money[]): string => sums.map(formatMoney).join(', ');

/** Sums of the same currency added up, by currency. */
export function addMoney(sums: readonly Money[]): Money[] {
  const byCurrency = new Map<string, number>();
  for (const { currency, value } of sums) byCurrency.set(currency, (byCurrency.get(currency) ?? 0) + value);
  return [...byCurrency].map(([currency, value]) => ({ currency, value })).toSorted(byCode);
}

const byCode = (one: Money, other: Money) => (one.currency < other.currency ? -1 : 1);
