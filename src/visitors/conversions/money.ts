const known = new Set(Intl.supportedValuesOf('currency'));

/** The greatest value that is taken, in minor units: sums of a billion of them fit into 64 bits. */
export const maxValue = 1e9;

/** Whether it is the code of a currency (ISO 4217), in capital letters. */
export const isCurrency = (code: string): boolean => known.has(code);

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
