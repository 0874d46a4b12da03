import type { Route } from '../ground/addresses/route.ts';
import { campaignNames, type CampaignName } from './campaigns.ts';
import type { MixName } from './sources.ts';

export type LinkIdea = {
  slug: string | null;
  title: string;
  url: string;
  mix: MixName;
  campaign: CampaignName | null;
  /** Beyond what its mix and its campaign say, by name. */
  extraTag?: string | undefined;
  extraCampaign?: string | undefined;
  /** Another address, between which and the first its visitors are split. */
  otherUrl?: string | undefined;
  /** Rules that send some of its visitors elsewhere. */
  routes?: Route[] | undefined;
};

/** Tags and campaigns over which the library of routes is spread, for a workspace that is to be large. */
export type Extra = { tags: number; campaigns: number };

/**
 * The links of a made-up outdoor brand:
 * slug (`-`: a random one) | path of the destination, and of another one that is tested | how it is spread | its campaign (`-`: none) | title
 */
const table = `
shop | / | web | - | Shop: home page
bio | /links + /links/with-pictures | social | - | Link in bio
trail-week | /trail-week | social | trail-week | Trail Week: landing page
trail-week-mail | /trail-week | newsletter | trail-week | Trail Week: newsletter
trail-week-ig | /trail-week | instagram | trail-week | Trail Week: Instagram stories
trail-week-poster | /trail-week/map | poster | trail-week | Trail Week: posters at trailheads
members-sale | /sale/members | social | members-sale | Members' sale: landing page
members-mail-1 | /sale/members | newsletter | members-sale | Members' sale: first mail
members-mail-2 | /sale/members?sort=last-chance | newsletter | members-sale | Members' sale: last chance mail
- | /sale/members | socialAd | members-sale | Members' sale: social ads
- | /sale/members | searchAd | members-sale | Members' sale: search ads
lantern-2 | /tents/lantern-2 | web | tent-launch | Lantern 2 tent: product page
lantern-film | /tents/lantern-2/film | video | tent-launch | Lantern 2 tent: the film
lantern-mail | /tents/lantern-2 | newsletter | tent-launch | Lantern 2 tent: newsletter
lantern-review | /tents/lantern-2#reviews | partner | tent-launch | Lantern 2 tent: review on Trailnotes
lantern-ig | /tents/lantern-2 | instagram | tent-launch | Lantern 2 tent: Instagram
- | /tents/lantern-2 | socialAd | tent-launch | Lantern 2 tent: social ads
repair | /repair | guide | repair-month | Repair Month: book a repair
repair-mail | /repair?step=book | newsletter | repair-month | Repair Month: newsletter
repair-poster | /repair/stores | poster | repair-month | Repair Month: posters in stores
night-run | /events/night-run | social | night-run | Night run: sign up
night-run-mail | /events/night-run | newsletter | night-run | Night run: newsletter
night-run-flyer | /events/night-run/start | poster | night-run | Night run: flyers
gifts | /gifts | web | gift-guide | Gift guide
gifts-mail | /gifts | newsletter | gift-guide | Gift guide: newsletter
gifts-pin | /gifts/for-walkers | social | gift-guide | Gift guide: pin board
- | /gifts | searchAd | gift-guide | Gift guide: search ads
boot-care | /guides/care-for-leather-boots | guide | - | Guide: care for leather boots
layering | /guides/layering | guide | - | Guide: how to layer
pack-fit | /guides/fit-your-pack | guide | - | Guide: fit your pack
stove-safety | /guides/stoves | packaging | - | Stove: safety leaflet in the box
tent-manual | /manuals/lantern | packaging | - | Lantern tents: manual in the bag
warranty | /warranty | packaging | - | Warranty card
stores | /stores | web | - | Find a store
jobs | /jobs | jobs | - | Jobs
- | /jobs/store-lead-innsbruck | jobs | - | Job: store lead, Innsbruck
spring-catalogue | /catalogue/spring.pdf | web | - | Catalogue (PDF)
podcast | /podcast | social | - | Podcast: Slow Miles
app | /app | web | - | Get the app
press | /press | web | - | Press kit
survey | /survey?id=after-purchase | newsletter | - | Survey after a purchase
returns | /returns | packaging | - | Returns
sizes | /sizes | guide | - | Size tables
huts | /routes/hut-to-hut | guide | - | Routes: hut to hut
winter-skills | /guides/winter-skills | video | - | Guide: winter skills
- | /blog/why-we-repair | social | - | Blog: why we repair
- | /blog/wool-from-our-valley | social | - | Blog: wool from our valley
ambassadors | /people | instagram | - | Ambassadors
`;

/** A rule for visitors who have one of the values. */
const ruleFor = (name: string, what: 'system' | 'country', value: string, url: string): Route => ({
  name,
  when: { what, is: 'one_of', values: [value] },
  to: [{ url, weight: 1, app: null }],
});

/** The rules of links, by slug. Phones get the app; an id of noughts is nobody's. */
const rules: Readonly<Record<string, Route[]>> = {
  app: [
    ruleFor('iPhone and iPad', 'system', 'ios', 'https://apps.apple.com/app/fernwell/id0000000000'),
    ruleFor('Android', 'system', 'android', 'https://play.google.com/store/apps/details?id=example.fernwell'),
    ruleFor('Germany', 'country', 'DE', 'https://www.fernwell.example/de/app'),
  ],
};

const landscapes = ['ridge', 'lake', 'gorge', 'forest', 'coast', 'moor', 'glacier', 'valley'] as const;
const lengths = ['an hour', 'half a day', 'a day', 'two days', 'a week'] as const;
const routeMixes = ['guide', 'social', 'web', 'poster', 'instagram'] as const;

/** As many ideas as are wanted: the brand's own links, and after these its library of routes. */
export function linkIdeas(count: number, extra: Extra = { tags: 0, campaigns: 0 }): LinkIdea[] {
  const own = table.trim().split('\n').map(readIdea);
  const routes = Array.from({ length: Math.max(0, count - own.length) }, (_, index) => routeIdea(index, extra));
  return [...own, ...routes].slice(0, count);
}

export const extraCampaignNames = ({ campaigns }: Extra): string[] =>
  Array.from({ length: campaigns }, (_, index) => `Season ${index + 1}`);

function readIdea(line: string): LinkIdea {
  const [slug = '', paths = '', mix, campaign, title = ''] = line.split(' | ');
  const [url = '', otherUrl] = paths.split(' + ').map((path) => `https://www.fernwell.example${path}`);
  return {
    slug: slug === '-' ? null : slug,
    title,
    url,
    otherUrl,
    routes: rules[slug],
    mix: mix as MixName,
    campaign: campaignNames.find((name) => name === campaign) ?? null,
  };
}

function routeIdea(index: number, extra: Extra): LinkIdea {
  const landscape = landscapes[index % landscapes.length] ?? 'ridge';
  const length = lengths[Math.floor(index / landscapes.length) % lengths.length] ?? 'a day';
  return {
    slug: null,
    title: `Route ${index + 1}: a ${landscape} in ${length}`,
    url: `https://www.fernwell.example/routes/${landscape}-${index + 1}`,
    mix: routeMixes[index % routeMixes.length] ?? 'guide',
    campaign: null,
    extraTag: nameOf('area', index, extra.tags),
    // Every other route belongs to none.
    extraCampaign: index % 2 === 0 ? nameOf('Season', index / 2, extra.campaigns) : undefined,
  };
}

/** The first of them are named most: the fifth part of all links by the first, few by the last. */
function nameOf(what: string, index: number, count: number): string | undefined {
  if (count === 0) return undefined;
  // A step aside every five, so that no name is left out where their number is divisible by five.
  return index % 5 === 0 ? `${what} 1` : `${what} ${1 + ((index * 7 + Math.floor(index / 5)) % count)}`;
}
