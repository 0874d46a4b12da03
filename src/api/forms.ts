import { z } from 'zod';

/** A JSON body. Properties that we do not know are refused: who misspells `title` should hear of it. */
export const jsonBody = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `There is no property "${issue.keys?.[0]}".`
        : 'Send the properties as a JSON object.',
  });

/** What a key may be called, wherever it is made. */
export const keyName = z
  .string('Give the key a name.')
  .trim()
  .min(1, 'Give the key a name.')
  .max(80, 'A name has at most 80 characters.')
  .regex(/^\P{Cc}*$/u, 'A name holds no line breaks or control characters.');
