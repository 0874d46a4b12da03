import type { Route } from '../../src/ground/addresses/route.ts';

/** A rule for visitors of a short link whose query has `to=` a word; addresses are met half and half. */
export const ruleFor = (name: string, word: string, ...urls: string[]): Route => ({
  name,
  when: { is: 'one_of', name: 'to', what: 'query', values: [word] },
  to: urls.map((url) => ({ app: null, url, weight: 1 })),
});
