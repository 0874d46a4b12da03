import { describe, expect, it } from 'vitest';
import { openingOf } from '../../../src/visitors/openings/list.ts';
import { destinationTo } from '../../../src/visitors/openings/url.ts';
import { visitOf } from '../../setup/plan.ts';

/** A visit to a link that leads to an address: what is opened, the address of its answer, and its preview. */
function visit(url: string, rawQuery = '') {
  const opens = Object.freeze(destinationTo(url));
  const { choose, open, preview, outcome } = openingOf(opens);
  const at = visitOf({ rawQuery });
  const chosen = choose(opens, at);
  return { chosen, outcome, answer: open(chosen, at), preview: preview(chosen) };
}

describe('a link that leads to an address', () => {
  it.each([
    ['https://example.com/a?b=1#c', 'https://example.com/a?b=1#c', 'example.com'],
    ['https://bücher.example/käse', 'https://xn--bcher-kva.example/k%C3%A4se', 'xn--bcher-kva.example'],
  ])('sends visitors to %s, and shows it to those who ask first', (url, location, destinationHost) => {
    const { answer, preview, outcome } = visit(url);
    expect([answer, outcome]).toEqual([location, 'redirected']);
    expect(preview.data).toEqual({ destination: url, destinationHost });
  });

  it("hands the visitor's query on, and shows the address without it", () => {
    const { answer, preview } = visit('https://example.com/a?b=1', 'b=2&c=3');
    expect(answer).toBe('https://example.com/a?b=1&c=3');
    expect(preview.data).toMatchObject({ destination: 'https://example.com/a?b=1' });
  });

  it('knows the tags of the address', () => {
    const none = { source: null, medium: null, campaign: null, term: null, content: null };
    const { utm } = visit(
      'https://example.com/?utm_source=mail&utm_campaign=spring#utm_term=no',
      'utm_medium=x',
    ).chosen;
    expect(utm).toEqual({ ...none, source: 'mail', campaign: 'spring' });
    expect(visit('https://example.com/spring').chosen.utm).toEqual(none);
  });
});
