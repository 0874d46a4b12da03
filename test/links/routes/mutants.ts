/** Rules that a link may have, with something of everything. */
const sound = () => [
  {
    name: 'Germans',
    when: {
      all: [
        { what: 'country', is: 'one_of', values: ['DE', 'Austria', 'ch'] },
        {
          any: [
            { not: { what: 'language', is: 'none_of', values: ['pt'] } },
            { what: 'query', name: 'ref', is: 'given' },
          ],
        },
      ],
    },
    to: [
      { url: 'https://a.example/', weight: 70 },
      { url: 'https://b.example/x', weight: 30, app: null },
    ],
  },
  {
    when: {
      any: [
        { what: 'weekday', is: 'one_of', values: ['sat', 'sun'], timeZone: 'Europe/Berlin' },
        { what: 'time', is: 'between', from: '18:00', to: '06:00' },
        { what: 'date', is: 'between', from: '2026-12-01', to: '2026-12-24T18:00', timeZone: 'UTC' },
        { what: 'date', is: 'before', date: '2026-12-01' },
        { what: 'query', name: 'n', is: 'at_least', number: 3 },
        { what: 'referrer', is: 'one_of', values: ['www.google.com'] },
        { what: 'city', is: 'one_of', values: ['DE/Berlin'] },
      ],
    },
    to: [{ url: 'c.example' }],
  },
];

const junk: readonly (() => unknown)[] = [
  () => null,
  () => true,
  () => 0,
  () => -1,
  () => 1e308,
  () => 0.5,
  () => '',
  () => ' ',
  () => 'DE',
  () => '\u0000',
  () => '\ud800',
  () => '\u202e\u200b',
  () => 'x'.repeat(5_000),
  () => '\u0344'.repeat(150),
  () => '__proto__',
  () => 'constructor',
  () => '9999-12-31T23:59',
  () => '24:00',
  () => 'https://user@host/',
  () => '%%%',
  () => [],
  () => ({}),
  () => [[[[[[]]]]]],
  () => ({ not: { not: { not: { not: { not: { all: [] } } } } } }),
  () => ({ all: [] }),
  () => ({ length: 3 }),
  () => Array.from({ length: 300 }, (_, at) => String(at)),
  () => Array.from({ length: 60 }, () => ({ what: 'entry', is: 'one_of', values: ['qr'] })),
  () => ({ what: 'slug', is: 'one_of', values: ['\ud83d', 'ok'] }),
  () => ({ what: 'system', is: 'one_of', values: ['netrange'] }),
];

const words = [
  'is',
  'what',
  'values',
  'name',
  'when',
  'to',
  'url',
  'weight',
  'all',
  'any',
  'not',
  'timeZone',
  'toString',
  'a b',
];

type Place = { holder: object; key: string };

function placesIn(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => [{ holder: value, key }, ...placesIn(each)]);
}

/** Rules with one to four things that somebody changed without a thought. @param random from 0 to 1 */
export function mutant(random: () => number): unknown {
  const pick = <Value>(all: readonly Value[]) => all[Math.floor(random() * all.length)] as Value;
  const whole = { routes: sound() as unknown };
  for (let changes = 1 + Math.floor(random() * 4); changes > 0; changes--) {
    const places = placesIn(whole);
    if (places.length === 0) break;
    const { holder, key } = pick(places);
    const chance = random();
    if (chance < 0.45) Reflect.set(holder, key, pick(junk)());
    else if (chance < 0.6) Reflect.deleteProperty(holder, key);
    else if (chance < 0.8) {
      const other = pick(places);
      Reflect.set(holder, key, structuredClone(Reflect.get(other.holder, other.key)));
    } else Reflect.set(holder, Array.isArray(holder) ? String(holder.length) : pick(words), pick(junk)());
  }
  // An array with a hole in it becomes null in JSON.
  return whole.routes;
}
