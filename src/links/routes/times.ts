import { shortened } from '../../ground/text/shortened.ts';
import { isDay } from '../../ground/time/zoned-time.ts';
import { zoneNames } from '../../ground/zones/time-zones.ts';
import { routesRefused } from './refused.ts';
import { readText, type RulesPlace } from './values.ts';

/** A time of a day as 'HH:MM'; midnight at the end of a day is 00:00. @throws Invalid with its path */
export function readTime(sent: unknown, path: string): string {
  const typed = readText(sent, path).trim();
  const [, hours, minutes = ''] = /^(\d{1,2}):(\d\d)(?::00)?$/.exec(typed) ?? [];
  const isTime = Number(hours) < 24 ? Number(minutes) < 60 : Number(hours) === 24 && minutes === '00';
  if (!isTime) throw wrong(typed, 'time of the day', '18:30', path);
  return `${String(Number(hours) % 24).padStart(2, '0')}:${minutes}`;
}

const wrong = (typed: string, what: string, example: string, path: string) =>
  routesRefused(
    typed === ''
      ? `Write a ${what}, such as ${example}.`
      : `“${shortened(typed, 60)}” is no ${what}. Write it as ${example}.`,
    path,
  );

/** A minute of a calendar as 'YYYY-MM-DDTHH:MM'; a day alone is its midnight. @throws Invalid with its path */
export function readDate(sent: unknown, path: string): string {
  const typed = readText(sent, path).trim();
  const [, day = '', time = '00:00'] =
    /^(\d{4}-\d\d-\d\d)(?:[T ]([01]\d:[0-5]\d|2[0-3]:[0-5]\d)(?::00)?)?$/.exec(typed) ?? [];
  if (!isDay(day)) throw wrong(typed, 'date', '2026-12-24 or 2026-12-24T18:00', path);
  return `${day}T${time}`;
}

/** The zone by whose clocks a condition goes: the workspace's, where none is sent. @throws Invalid with its path */
export function readZone(sent: unknown, path: string, { timeZone }: RulesPlace): string {
  if (sent === null || sent === undefined || sent === '') return timeZone;
  const typed = readText(sent, path).trim();
  const [zone] = zoneNames(typed);
  if (zone === undefined) throw wrong(typed, 'time zone', 'Europe/Berlin', path);
  const spelled = zone.toLowerCase();
  return Intl.supportedValuesOf('timeZone').find((each) => each.toLowerCase() === spelled) ?? zone;
}
