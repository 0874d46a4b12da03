import type { Db } from '../../ground/db/db.ts';
import { AppError, Invalid } from '../../ground/text/errors.ts';
import { type Filter, filterSentence, filterText, filterWords, parseFilters } from '../counts/filter.ts';
import { nameLinks } from '../counts/link-names.ts';

/** Of all filters of a report together; they stand in an index of mailings, whose entries hold 2,704 bytes. */
const maxBytes = 2_000;

/**
 * The filters of a report that is shared or mailed, as its row keeps them: in one order, so that the same filters are
 * told to be the same.
 * @throws Invalid (field `f`) when they are too long
 */
export function keepFilters(filters: readonly Filter[]): string[] {
  const texts = filters.map(filterText).toSorted();
  if (Buffer.byteLength(JSON.stringify(texts)) > maxBytes)
    throw new Invalid('These filters are too long to be kept. Take one of them away.', { field: 'f' });
  return texts;
}

/** @returns null where reports cannot filter like this any more; such a report is not shown, because it would show more */
export function readKeptFilters(texts: readonly string[]): Filter[] | null {
  try {
    return parseFilters(texts, 'f');
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}

/** A filter in words: 'Country', 'is not', 'Germany'. */
export type KeptChip = ReturnType<typeof filterWords>;

/** Filters in words, with the names of what they name, deleted links too. */
export async function describeFilters(db: Db, workspaceId: string, filters: readonly Filter[]): Promise<KeptChip[]> {
  const names = await nameLinks(db, workspaceId, filters);
  return filters.map((filter) => filterWords(filter, names));
}

/** The filters of a row of a list, in words: 'Country is Germany, Device is not Mobile'; '' without filters. */
export async function sayKeptFilters<Row extends { filters: string[] }>(
  db: Db,
  workspaceId: string,
  rows: readonly Row[],
): Promise<(Row & { filterWords: string })[]> {
  const read = rows.map((row) => ({ row, filters: readKeptFilters(row.filters) }));
  const named = read.flatMap(({ filters }) => filters ?? []);
  const names = await nameLinks(db, workspaceId, named);
  return read.map(({ row, filters }) => ({
    ...row,
    filterWords: filters?.map((filter) => filterSentence(filter, names)).join(', ') ?? row.filters.join(', '),
  }));
}
