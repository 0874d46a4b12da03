import { describe, expect, it } from 'vitest';
import { makeAudience } from '../../src/demo/audience.ts';
import { type DemoLink } from '../../src/demo/links.ts';
import { linkIdeas } from '../../src/demo/ideas.ts';
import { hitMaker } from '../../src/demo/hits.ts';
import { drawIndex, runningSums, seededRandom } from '../../src/demo/random.ts';
import { mixes } from '../../src/demo/sources.ts';
import { calendar, type Popularity, spread } from '../../src/demo/traffic.ts';
import { destinationTo } from '../../src/visitors/openings/url.ts';
import { HOUR, localDay } from '../../src/ground/time/zoned-time.ts';

const timeZone = 'Europe/Berlin';
/** Three days after the clocks went back. */
const now = new Date('2026-10-28T09:20:00Z');
const days = calendar(10, timeZone, now);
const hours = Array.from({ length: 24 }, (_, hour) => 1 + hour);

const lasting: Popularity = { share: 1, firstDay: 0, course: 'lasting' };
const campaign: Popularity = { share: 1, firstDay: 6, course: 'campaign' };

const spreadOver = (clicks: number, links: Popularity[]) => [
  ...spread(clicks, { days, timeZone, now, hours }, links, seededRandom(7)),
];

describe('the traffic of a demo', () => {
  it('covers calendar days of the zone, the last one up to now', () => {
    const spreadDays = spreadOver(1_000, [lasting]);
    expect([days[0], days.at(-1), days.length]).toEqual(['2026-10-19', '2026-10-28', 10]);
    expect(spreadDays.map(({ from, to }) => (to - from) / HOUR)).toEqual([
      24,
      24,
      24,
      24,
      24,
      24,
      25,
      24,
      24,
      10 + 1 / 3,
    ]);
    expect(spreadDays.at(-1)?.to).toBe(now.getTime());
    expect(spreadDays[6]?.hourStarts).toHaveLength(25);
  });

  it.each([1, 10, 12_345])('is exactly as many clicks as were asked for: %i', (clicks) => {
    const sum = spreadOver(clicks, [lasting, campaign]).reduce((total, { people }) => total + people, 0);
    expect(sum).toBe(clicks);
  });

  it('gives a link no visit before its first day, and a campaign its spike', () => {
    const spreadDays = spreadOver(10_000, [lasting, campaign]);
    const shareOfCampaign = spreadDays.map(({ linkSums }) => 1 - (linkSums[0] ?? 0) / (linkSums[1] ?? 1));
    expect(shareOfCampaign.slice(0, 6)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(shareOfCampaign[6]).toBeGreaterThan(0.8);
    expect(spreadDays[6]?.people).toBeGreaterThan(3 * (spreadDays[5]?.people ?? 0));
    expect(spreadDays[9]?.people).toBeLessThan(spreadDays[6]?.people ?? 0);
  });

  it('draws by weight, and never what weighs nothing', () => {
    const random = seededRandom(1);
    const sums = runningSums([0, 3, 0, 1, 0]);
    const drawn = [0, 0, 0, 0, 0];
    for (let count = 0; count < 4_000; count += 1) {
      const index = drawIndex(sums, random);
      drawn[index] = (drawn[index] ?? 0) + 1;
    }
    expect(drawn.map((count) => Math.round(count / 1_000))).toEqual([0, 3, 0, 1, 0]);
  });

  it('makes hits in order of time within their day, the same ones for the same seed', () => {
    const make = () => {
      const random = seededRandom(42);
      const opened = {
        linkId: 'link',
        slugId: 'slug',
        slug: 'spring',
        domainId: 'domain',
        workspaceId: 'workspace',
        timeZone,
        isQr: false,
        isOwnNetwork: null,
        linkVersion: 1,
      };
      const link: DemoLink = {
        ...lasting,
        opened,
        scanned: { ...opened, slugId: 'qr', isQr: true },
        opens: destinationTo('https://example.com/'),
        converts: [],
        mix: mixes.web,
      };
      const hitsOf = hitMaker([link], makeAudience(random), random);
      return [...spread(3_000, { days, timeZone, now, hours }, [link], random)].map((day) => ({
        day,
        hits: [...hitsOf(day)],
      }));
    };
    const made = make();
    for (const { day, hits } of made) {
      expect(hits).toHaveLength(day.people + day.machines);
      expect(hits.every(({ clickedAt }) => clickedAt >= day.from && clickedAt <= day.to)).toBe(true);
      const people = hits.filter((hit) => hit.class === 'human').map(({ clickedAt }) => clickedAt);
      expect(people).toEqual(people.toSorted((a, b) => a - b));
      expect(people).toHaveLength(day.people);
    }
    expect(made.flatMap(({ hits }) => hits.map(({ clickedAt }) => localDay(new Date(clickedAt), timeZone)))).toEqual(
      made.flatMap(({ hits }, index) => hits.map(() => days[index])),
    );
    const seen = (run: typeof made) =>
      run.flatMap(({ hits }) => hits.map((hit) => [hit.clickedAt, hit.city, hit.browser]));
    expect(seen(make())).toEqual(seen(made));
  });

  it('has ideas for any number of links', () => {
    const titles = linkIdeas(500).map(({ title }) => title);
    expect(new Set(titles).size).toBe(500);
    expect(linkIdeas(3)).toHaveLength(3);
  });
});
