import { Invalid } from '../../ground/text/errors.ts';

/** A refusal of rules, or of something of one. @param path behind the option's name, as in `[1].when.all[0].values[2]` */
export const routesRefused = (sentence: string, path = ''): Invalid =>
  new Invalid(sentence, { field: `routes${path}`, code: 'routes_invalid' });
