import { domainToASCII } from 'node:url';
import { type ChosenFact, weekdays } from '../../ground/addresses/route.ts';
import { composedLine } from '../../ground/text/composed.ts';
import { orList } from '../../ground/text/format.ts';
import { shortened } from '../../ground/text/shortened.ts';
import { channelLabels, channels } from '../../visitors/visits/channel.ts';
import { deviceLabels, deviceTypes, systemName } from '../../visitors/visits/device.ts';
import { appNames } from '../../visitors/visits/in-app.ts';
import { noApp } from './labels.ts';
import { readReferrer } from '../../visitors/visits/referrer.ts';
import { continentCode, countryCode, languageTag } from './places.ts';
import { routesRefused } from './refused.ts';

/** The parts of a workspace by which rules are read. */
export type RulesPlace = {
  /** Domains that it may use. */
  hosts: ReadonlySet<string>;
  timeZone: string;
  /** Schemes of apps that it allows, with spaces between them. */
  appSchemes: string;
};

/** Characters of a value, a parameter and the name of a rule. */
const maxValueLength = 200;

type Reading = {
  /** @returns undefined for a value that it cannot have */
  fold: (typed: string, place: RulesPlace) => string | undefined;
  /** The end of the sentence about another value. */
  wrong: string;
};

/** Values by their words and by their labels, in small letters. */
function choiceOf(choices: readonly string[], labels: Readonly<Record<string, string>> = {}): Reading {
  const known = new Map([
    ...choices.map((choice) => [(labels[choice] ?? choice).toLowerCase(), choice] as const),
    ...choices.map((choice) => [choice.toLowerCase(), choice] as const),
  ]);
  return { fold: (typed) => known.get(typed.toLowerCase()), wrong: `cannot be chosen. Write ${orList(choices)}.` };
}

const text: Reading = { fold: (typed) => typed.toLowerCase(), wrong: 'is empty.' };
const place: Reading = {
  fold: (typed) => foldPlace(typed)?.toLowerCase(),
  wrong: 'begins with no country. Write Berlin, or DE/Berlin.',
};

/** Things that people call a system, and visits never have. */
const noSystem =
  /^(?:i(?:phone|pad|pod|mac)s?|ipados|(?:mac )?os ?x|mac(?:book)?s?|pcs?|phones?|mobiles?|tablets?|desktops?|samsung|galaxy|pixel|chromebooks?)$/i;

const apps = new Map(
  appNames.flatMap((name) => {
    const folded = name.toLowerCase();
    return [[folded, folded] as const, [folded.replace(/ app$/, ''), folded] as const];
  }),
);

/** 'instagram' -> 'Instagram', as hits have it; undefined for an app that cannot be told. */
export function appNamed(typed: string): string | undefined {
  const folded = apps.get(typed.toLowerCase().replace(/ app$/, ''));
  return appNames.find((name) => name.toLowerCase() === folded);
}

const readings: Record<ChosenFact, Reading> = {
  country: { fold: countryCode, wrong: 'is no country. Write its English name or its code, such as Germany or DE.' },
  continent: {
    fold: continentCode,
    wrong: 'is no continent. Write its English name or its code, such as Europe or EU.',
  },
  region: place,
  city: place,
  language: {
    fold: languageTag,
    wrong: 'is no language. Write its English name or its tag, such as Portuguese or pt-BR.',
  },
  device: {
    ...choiceOf(deviceTypes, deviceLabels),
    wrong: `cannot be chosen. Write ${orList(deviceTypes)}. For iPhones, ask for the system iOS.`,
  },
  system: {
    fold: (typed) => (noSystem.test(typed) ? undefined : systemName(typed)?.toLowerCase()),
    wrong: 'is no system. Write a name such as iOS, Android, Windows or macOS.',
  },
  browser: text,
  app: {
    fold: (typed) =>
      typed === '' || typed.toLowerCase() === noApp ? '' : apps.get(typed.toLowerCase().replace(/ app$/, '')),
    wrong: 'is no app that can be told. Write a name such as Instagram.',
  },
  referrer: { fold: foldHost, wrong: 'is no website. Write its host, such as example.com.' },
  channel: choiceOf(channels, channelLabels),
  slug: { fold: (typed) => typed.replace(/^\/+/, '').toLowerCase(), wrong: 'is no slug.' },
  domain: {
    fold: (typed, { hosts }) =>
      [typed.toLowerCase(), domainToASCII(typed)].find((host) => host !== '' && hosts.has(host)),
    wrong: 'is none of your domains for short links.',
  },
  entry: choiceOf(['link', 'qr']),
};

/** Reads a value of a question, folded as it is kept. @throws Invalid with its path */
export function readValue(what: ChosenFact, sent: unknown, path: string, where: RulesPlace): string {
  const typed = composedLine(readText(sent, path));
  const { fold, wrong } = readings[what];
  const folded = typed === '' && what !== 'app' ? undefined : fold(typed, where);
  if (folded === undefined || (folded === '' && what !== 'app'))
    throw routesRefused(typed === '' ? 'A value is empty.' : `“${shortened(typed, 60)}” ${wrong}`, path);
  return folded;
}

/** A text as it stands, such as a value of a parameter. @throws Invalid with its path */
export function readText(sent: unknown, path: string): string {
  if (typeof sent !== 'string') throw routesRefused('Write this as a string.', path);
  if (sent.length > maxValueLength) throw routesRefused(`This has at most ${maxValueLength} characters.`, path);
  if (/[\p{Cc}\p{Cs}]/u.test(sent)) throw routesRefused('This has hidden characters.', path);
  return sent;
}

const days = new Map(
  weekdays.flatMap((day, index) => {
    // The first of January 2024 was a Monday.
    const name = new Intl.DateTimeFormat('en', { weekday: 'long', timeZone: 'UTC' }).format(
      Date.UTC(2024, 0, 1 + index),
    );
    return [[day, day] as const, [name.toLowerCase(), day] as const];
  }),
);

/** @throws Invalid with its path */
export function readWeekday(sent: unknown, path: string): string {
  const day = days.get(readText(sent, path).trim().toLowerCase());
  if (day === undefined) throw routesRefused(`This is no day. Write ${orList(weekdays)}.`, path);
  return day;
}

/** 'Germany/Berlin' -> 'DE/Berlin'. A name may have a slash itself, as Biel/Bienne has. */
function foldPlace(typed: string): string | undefined {
  const slash = typed.indexOf('/');
  if (slash < 0) return typed;
  const [before, name] = [typed.slice(0, slash).trim(), typed.slice(slash + 1).trim()];
  const country = countryCode(before);
  if (name === '' || (country === undefined && before.length < 3)) return undefined;
  return country === undefined ? typed : `${country}/${name}`;
}

/** As visits have it: without `www.`, IDNs as punycode. An address stands for its host. */
function foldHost(typed: string): string | undefined {
  const host = typed
    .replace(/^[a-z-]+:\/\//i, '')
    .replace(/[/?#].*$/, '')
    .replace(/:\d*$/, '');
  return readReferrer(`https://${domainToASCII(host)}/`).host ?? undefined;
}
