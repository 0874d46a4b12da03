import { z } from 'zod';
import { oneLine } from '../../ground/text/one-line.ts';

/** A JSON body. Properties that we do not know are refused: who misspells `title` should hear of it. */
export const jsonBody = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `There is no property "${issue.keys?.[0]}".`
        : 'Send the properties as a JSON object.',
  });

/** The name of a key, wherever it is made. */
export const keyName = oneLine('Give the key a name.', 80);
