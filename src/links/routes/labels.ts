import type { ChosenFact } from '../../ground/addresses/route.ts';
import { countryName, languageName } from '../../ground/text/place-names.ts';
import { channelLabels } from '../../visitors/visits/channel.ts';
import { deviceLabels } from '../../visitors/visits/device.ts';
import { appNames } from '../../visitors/visits/in-app.ts';
import { continentName } from './places.ts';

/** Names of apps, and of systems and browsers that are written otherwise than by a capital at their beginning. */
const spelled = new Map(
  [
    ...'iOS macOS ChromeOS HarmonyOS KaiOS BlackBerry MeeGo PlayStation webOS FreeBSD OpenBSD NetBSD DuckDuckGo'.split(
      ' ',
    ),
    'UC Browser',
    ...appNames,
  ].map((name) => [name.toLowerCase(), name]),
);

const titled = (text: string) => text.replaceAll(/(?<![\p{L}\p{M}’'])\p{Ll}/gu, (letter) => letter.toUpperCase());
const product = (value: string) => spelled.get(value) ?? titled(value);

/** 'de/berlin' -> 'Berlin (Germany)' */
function placeLabel(value: string): string {
  const slash = value.indexOf('/');
  const code = value.slice(0, slash).toUpperCase();
  const country = slash === 2 ? countryName(code) : code;
  return country === code ? titled(value) : `${titled(value.slice(3))} (${country})`;
}

/** A browser that is in no app. */
export const noApp = 'no app';

const weekdayLabels: Readonly<Record<string, string>> = {
  mon: 'Monday',
  tue: 'Tuesday',
  wed: 'Wednesday',
  thu: 'Thursday',
  fri: 'Friday',
  sat: 'Saturday',
  sun: 'Sunday',
};

const labelIn = (labels: Readonly<Record<string, string>>) => (value: string) => {
  const label = labels[value] ?? value;
  // Within a list, it would read as two.
  return label.includes(' and ') ? `“${label}”` : label;
};

const labels: Partial<Record<ChosenFact | 'weekday', (value: string) => string>> = {
  country: countryName,
  continent: continentName,
  region: placeLabel,
  city: placeLabel,
  language: (tag) => languageName(tag),
  device: labelIn(deviceLabels),
  system: product,
  browser: product,
  app: (value) => (value === '' ? noApp : product(value)),
  channel: labelIn(channelLabels),
  entry: labelIn({ link: 'the short link', qr: 'the QR code' }),
  weekday: labelIn(weekdayLabels),
};

/** A folded value as people read it: 'pt-br' -> 'Brazilian Portuguese'. */
export const labelOfValue = (what: ChosenFact | 'weekday', value: string): string => labels[what]?.(value) ?? value;
