import { describe, expect, it } from 'vitest';
import { shapeId, shapeOf } from '../../../src/visitors/visits/agent-shape.ts';
import { Agents } from '../../../src/visitors/visits/agents.ts';
import { KnownShapes } from '../../../src/visitors/clicks/known-shapes.ts';
import { makeHit } from '../../setup/hits.ts';

describe('the shape of a user agent', () => {
  it.each([
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Instagram 357.1.3.32.100 (iPhone14,5; 662944209)',
      'Mozilla/0 (iPhone; CPU iPhone OS 0 like Mac OS X) AppleWebKit/0 Mobile/0E0 Instagram 0 (iPhone0,0; 0)',
    ],
    ['App/1 deviceId/dfa51331-fdeb-46d7-aa01-8d09a263ef90', 'App/0 deviceId/0'],
    ['Braze Sender f3c381e4920fede7f46d83610f0abf15fdc10433', 'Braze Sender 0'],
    ['App/2 (deadbeefcafebabe; c0ffee12; facade)', 'App/0 (0; 0; facade)'],
    ['App (2001:db8:dead:beef::cafe, dead:beef:cafe)', 'App (0, 0)'],
    ['LWP::Simple/6.0 Mozilla::Mechanize', 'LWP::Simple/0 Mozilla::Mechanize'],
    ['Crawler (jane.doe@example.com)', 'Crawler (@example.com)'],
    ['Streamline3Bot/1.0 Level9SearchBot HeadOnlyScraperV2', 'Streamline0Bot/0 Level0SearchBot HeadOnlyScraperV0'],
    ['pdf2htmlparser/1 Web2ContentGrabber', 'pdf0htmlparser/0 Web0ContentGrabber'],
    ['R58M12ABCDEF AP3A240905015 00008030001C2D3E B3dF9a0cD1e2F3 abcdefghijk1', '0 0 0 0 0'],
    ['  facebookexternalhit/1.1  ', 'facebookexternalhit/0'],
    ['a\u0000b\u0007c', 'abc'],
    ['', ''],
  ])('of %j is %j', (userAgent, shape) => {
    expect(shapeOf(userAgent)).toBe(shape);
    expect(shapeOf(shape)).toBe(shape);
  });

  it('keeps hardly any serial as a name: less than one of a hundred', () => {
    const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
    // The same serials at each run, by a generator of Lehmer's.
    let seed = 20_261_129;
    const next = (most: number) => (seed = (seed * 48_271) % 2_147_483_647) % most;
    const serials = Array.from({ length: 20_000 }, (_, index) => {
      const alphabet = index % 2 === 0 ? letters : letters.slice(0, 36);
      const text = Array.from({ length: 12 + (index % 9) }, () => alphabet[next(alphabet.length)]).join('');
      return `${text}7`;
    });
    expect(serials.filter((serial) => shapeOf(serial) !== '0').length).toBeLessThan(200);
  });

  it('holds no more than 500 characters, and no number', () => {
    const shape = shapeOf('x1 '.repeat(5_000));
    expect(shape.length).toBeLessThanOrEqual(500);
    expect(shape).not.toMatch(/[1-9]/);
  });

  it('has an id that a double holds exactly', () => {
    expect(Number.isSafeInteger(shapeId('Mozilla/0'))).toBe(true);
    expect(shapeId('Mozilla/0')).not.toBe(shapeId('Mozilla/0 '));
  });
});

describe('a stream of made-up user agents', () => {
  const morning = new Date('2026-10-12T06:00:00Z');
  const word = (index: number) =>
    `Browser-${index.toString(26).replace(/\d/g, (digit) => 'qrstuvwxyz'[Number(digit)] ?? '')}`;

  it('fills no more of the dictionary than a day allows, and known shapes stay known', () => {
    const agents = new Agents(100);
    const ids = Array.from({ length: 30_000 }, (_, index) => agents.read(word(index), morning).id);
    expect(ids.filter((id) => id !== null)).toHaveLength(100);
    expect(agents.read(word(1), morning).id).toBe(shapeId(shapeOf(word(1))));
    expect(agents.read('One too many', morning)).toMatchObject({ shape: 'One too many', id: null });
    expect(agents.read('One too many', new Date(morning.getTime() + 86_400_000)).id).not.toBeNull();
  });
});

describe('what the database is told of shapes', () => {
  const at = (day: string, agent: string | null) =>
    makeHit({
      workspaceId: 'w',
      linkId: 'l',
      clickedAt: Date.parse(`${day}T10:00:00Z`),
      agent,
      agentId: agent === null ? null : shapeId(agent),
    });

  it('is each shape once a day, until it is recorded and again after that day', () => {
    const known = new KnownShapes();
    const first = known.unknownOf([at('2026-10-12', 'a'), at('2026-10-12', 'a'), at('2026-10-12', null)]);
    expect(first.map(({ shape, day }) => [shape, day])).toEqual([['a', '2026-10-12']]);
    expect(known.unknownOf([at('2026-10-12', 'a')])).toHaveLength(1);
    known.remember(first);
    expect(known.unknownOf([at('2026-10-12', 'a')])).toEqual([]);
    expect(known.unknownOf([at('2026-10-11', 'a')])).toEqual([]);
    expect(known.unknownOf([at('2026-10-13', 'a')])).toHaveLength(1);
  });
});
