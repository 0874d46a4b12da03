import { describe, expect, it } from 'vitest';
import { hasPaidClickId, hasSocialClickId, readUtm } from '../../../src/visitors/visits/utm.ts';
import { ownTimeOf } from '../../setup/own-time.ts';

const none = { source: null, medium: null, campaign: null, term: null, content: null };

describe('utm tags of a query', () => {
  it('are read, all five', () => {
    const query = 'utm_source=news&utm_medium=email&utm_campaign=spring&utm_term=red+shoes&utm_content=top';
    expect(readUtm(query)).toEqual({
      source: 'news',
      medium: 'email',
      campaign: 'spring',
      term: 'red shoes',
      content: 'top',
    });
  });

  it('are null when they are not there or empty', () => {
    expect(readUtm('')).toEqual(none);
    expect(readUtm('a=1&xutm_source=2')).toEqual(none);
    expect(readUtm('utm_source=&utm_medium=%20')).toEqual(none);
    expect(readUtm('utm_source')).toEqual(none);
  });

  it('count once, the first', () => {
    expect(readUtm('utm_source=a&utm_source=b').source).toBe('a');
  });

  it('are found among thousands of others, whose broken escapes cost nothing', () => {
    const query = `${'%ff&'.repeat(3_000)}utm_source=news&${'utm_x=%ff&'.repeat(1_000)}utm_medium=email`;
    expect(readUtm(query)).toMatchObject({ source: 'news', medium: 'email' });
    expect(
      ownTimeOf(() => {
        for (let times = 0; times < 20; times++) readUtm(query);
      }),
    ).toBeLessThan(60);
  });

  it('are whole where each of their 200 characters is escaped', () => {
    expect(readUtm(`utm_source=${encodeURIComponent('桜'.repeat(300))}&utm_medium=x`)).toMatchObject({
      source: '桜'.repeat(200),
      medium: 'x',
    });
  });

  it('are decoded once', () => {
    expect(readUtm('utm_source=caf%C3%A9').source).toBe('café');
    expect(readUtm('utm_source=50%2525').source).toBe('50%25');
  });

  it('tolerate broken escapes', () => {
    expect(readUtm('utm_source=100%&utm_medium=%zz').source).toBe('100%');
    expect(readUtm('utm_source=100%&utm_medium=%zz').medium).toBe('%zz');
    expect(readUtm('utm_source=%C3%28').source).toBe('\uFFFD(');
    // An escaped lone surrogate, which Postgres would refuse.
    expect(readUtm('utm_source=a%ED%A0%80b').source).toBe('a\uFFFD\uFFFD\uFFFDb');
  });

  it('hold nothing that Postgres refuses, and no more than 200 characters', () => {
    expect(readUtm('utm_source=a%00b%0D%0Ac').source).toBe('abc');
    expect(readUtm(`utm_source=${'%F0%9F%98%80'.repeat(1_000)}`).source).toBe('😀'.repeat(100));
  });

  it('are read from a huge query in little time', () => {
    const query = `${'utm_=&'.repeat(2_700)}utm_source=a`;
    expect(readUtm(query).source).toBe('a');
    expect(ownTimeOf(() => readUtm(query))).toBeLessThan(100);
  });
});

describe('a paid click', () => {
  it.each([
    'gclid=abc',
    'a=1&msclkid=x',
    'ttclid=1&b=2',
    'GCLID=abc',
    'wbraid=1',
    'li_fat_id=9',
    'gad_campaignid=1',
    'dicbo=v1',
    'ndclid=1',
    'vmcid=1',
    'spclid=1',
    'wickedid=1',
  ])('%s is one', (query) => {
    expect(hasPaidClickId(query)).toBe(true);
  });

  it.each(['', 'fbclid=abc', 'gclid=', 'gclid=&a=1', 'notgclid=abc', 'a=gclid=1'])('"%s" is none', (query) => {
    expect(hasPaidClickId(query)).toBe(false);
  });
});

describe('a click id of a social network', () => {
  it.each(['fbclid=abc', 'a=1&igsh=x', 'igshid=1'])('%s is one', (query) => {
    expect(hasSocialClickId(query)).toBe(true);
    expect(hasPaidClickId(query)).toBe(false);
  });

  it.each(['', 'fbclid=', 'notfbclid=1', 'srsltid=1', 'mc_eid=1'])('"%s" is none', (query) => {
    expect(hasSocialClickId(query)).toBe(false);
  });
});
