import { isIP } from 'node:net';
import { Invalid } from '../../ground/text/errors.ts';
import { orList } from '../../ground/text/format.ts';
import { instantShowing } from '../../ground/time/zoned-time.ts';
import { zoneNames } from '../../ground/zones/time-zones.ts';
import { type Channel, channels } from '../../visitors/visits/channel.ts';
import { deviceTypes } from '../../visitors/visits/device.ts';
import { readLocale } from '../../visitors/visits/language.ts';
import { readReferrer } from '../../visitors/visits/referrer.ts';
import { countryCode, languageTag } from '../routes/places.ts';
import { readDate } from '../routes/times.ts';
import { appNamed } from '../routes/values.ts';
import type { MadeUpVisitor } from './made-up.ts';

/** A visitor as programs and the form describe one: texts, of which '' says nothing. */
export type Described = {
  [Name in (typeof textFields)[number]]?: string | undefined;
} & { private?: boolean | undefined; preview?: boolean | undefined; machine?: boolean | undefined };

/** THE list of what is said as a text. */
export const textFields = [
  'country',
  'region',
  'city',
  'language',
  'device',
  'system',
  'browser',
  'app',
  'userAgent',
  'referrer',
  'channel',
  'query',
  'at',
  'timeZone',
  'address',
] as const;

/**
 * @param timeZone of the workspace, where none is said
 * @throws Invalid with the field
 */
export function readDescribed(described: Described, timeZone: string, now: Date): MadeUpVisitor {
  const text = (name: (typeof textFields)[number]) => described[name]?.trim() || undefined;
  const zone = readZone(text('timeZone')) ?? timeZone;
  return {
    at: readAt(text('at'), zone) ?? now,
    userAgent: text('userAgent'),
    languages: readLanguages(text('language')),
    referrer: readSource(text('referrer')),
    rawQuery: text('query')?.replace(/^\?/, ''),
    address: readVisitorAddress(text('address')),
    isPrivate: described.private,
    isMachine: described.machine,
    isPreview: described.preview,
    said: {
      country: readCountry(text('country')),
      region: text('region'),
      city: text('city'),
      device: readChoice(text('device'), deviceTypes, 'device'),
      system: text('system'),
      browser: text('browser'),
      app: readApp(text('app')),
      channel: readChoice<Channel>(text('channel'), channels, 'channel'),
    },
  };
}

type Said = string | undefined;

const refuse = (sentence: string, field: keyof Described): Invalid => new Invalid(sentence, { field });

function readZone(typed: Said): Said {
  if (typed === undefined) return undefined;
  const [zone] = zoneNames(typed);
  if (zone === undefined) throw refuse('Write a time zone, such as Europe/Berlin.', 'timeZone');
  return zone;
}

function readAt(typed: Said, timeZone: string): Date | undefined {
  if (typed === undefined) return undefined;
  const instant = new Date(typed);
  if (/(?:Z|[+-]\d\d:\d\d)$/i.test(typed) && !Number.isNaN(instant.getTime())) return instant;
  try {
    return instantShowing(new Date(`${readDate(typed, '')}:00Z`), timeZone);
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    throw refuse('Write a date and a time, such as 2026-12-24T18:00.', 'at');
  }
}

/** A language by its name or tag, or as browsers write their list of them. */
function readLanguages(typed: Said): Said {
  if (typed === undefined) return undefined;
  const tag = languageTag(typed);
  if (tag !== undefined) return tag;
  if (readLocale(typed) !== null) return typed;
  throw refuse('Write a language, such as German, pt-BR or de-AT,de;q=0.9.', 'language');
}

function readCountry(typed: Said): Said {
  if (typed === undefined) return undefined;
  const code = countryCode(typed);
  if (code === undefined)
    throw refuse('Write a country by its English name or its code, such as Spain or ES.', 'country');
  return code;
}

/** A website by its host or by an address of it. */
function readSource(typed: Said): Said {
  if (typed === undefined) return undefined;
  const address = /^[a-z-]+:\/\//i.test(typed) ? typed : `https://${typed}/`;
  if (readReferrer(address).host === null)
    throw refuse('Write a website that led here, such as news.example.com.', 'referrer');
  return address;
}

function readVisitorAddress(typed: Said): Said {
  if (typed !== undefined && isIP(typed) === 0) throw refuse('Write an IP address, such as 203.0.113.9.', 'address');
  return typed;
}

/** @returns '' for none */
function readApp(typed: Said): Said {
  if (typed === undefined) return undefined;
  if (typed.toLowerCase() === 'none') return '';
  const name = appNamed(typed);
  if (name === undefined) throw refuse('Write an app that can be told, such as Instagram, or none.', 'app');
  return name;
}

function readChoice<Choice extends string>(
  typed: Said,
  choices: readonly Choice[],
  field: keyof Described,
): Choice | undefined {
  const choice = choices.find((each) => each === typed);
  if (typed !== undefined && choice === undefined) throw refuse(`Write ${orList(choices)}.`, field);
  return choice;
}
