import { z } from 'zod';
import { AppError } from '../errors.ts';
import { type Filter, parseFilters } from './filter.ts';

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
