import { z } from 'zod';
import { AppError } from '../../ground/text/errors.ts';
import { type Filter, filterText, parseFilters } from './filter.ts';

/** A query's filters: none, one or several of one name. @param name of the parameter, for the refusal */
export const filterQuery = (name: string) =>
  z
    .union([z.string(), z.array(z.string())])
    .optional()
    .transform((texts = [], context): Filter[] => {
      try {
        return parseFilters([texts].flat(), name);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        context.addIssue({ code: 'custom', message: error.message });
        return z.NEVER;
      }
    });

/**
 * The filters `f` of a form that is shown again: as they were sent, or as its schema read them before something else was refused.
 * @throws Invalid for filters that there cannot be: a form without them would share or mail more
 */
export function filtersAgain(body: unknown): Filter[] {
  const { f = [] } = (body ?? {}) as { f?: string | (string | Filter)[] };
  return parseFilters(
    [f].flat().map((each) => (typeof each === 'string' ? each : filterText(each))),
    'f',
  );
}
