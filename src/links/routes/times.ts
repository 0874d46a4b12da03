import { isDay } from '../../ground/time/zoned-time.ts';
import { zoneNames } from '../../ground/zones/time-zones.ts';
import { routesRefused } from './refused.ts';
import { readText, type RulesPlace } from './values.ts';

/** A time of a day as 'HH:MM'; midnight at the end of a day is 00:00. @throws Invalid with its path */
export function readTime(sent: unknown, path: string): string {
  const [, hours, minutes = ''] = /^(\d{1,2}):(\d\d)(?::00)?$/.exec(readText(sent, path).trim()) ?? [];
  const isTime = Number(hours) < 24 ? Number(minutes) < 60 : Number(hours) === 24 && minutes === '00';
  if (!isTime) throw routesRefused('Write a time of the day, such as 18:30.', path);
  return `${String(Number(hours) % 24).padStart(2, '0')}:${minutes}`;
}

/** A minute of a calendar as 'YYYY-MM-DDTHH:MM'; a day alone is its midnight. @throws Invalid with its path */
export function readDate(sent: unknown, path: string): string {
  const [, day = '', time = '00:00'] =
    /^(\d{4}-\d\d-\d\d)(?:[T ]([01]\d:[0-5]\d|2[0-3]:[0-5]\d)(?::00)?)?$/.exec(readText(sent, path).trim()) ?? [];
  if (!isDay(day)) throw routesRefused('Write a date, such as 2026-12-24 or 2026-12-24T18:00.', path);
  return `${day}T${time}`;
}

/** The zone by whose clocks a condition goes: the workspace's, where none is sent. @throws Invalid with its path */
export function readZone(sent: unknown, path: string, { timeZone }: RulesPlace): string {
  if (sent === null || sent === undefined || sent === '') return timeZone;
  const [zone] = zoneNames(readText(sent, path));
  if (zone === undefined) throw routesRefused('Write a time zone, such as Europe/Berlin.', path);
  const spelled = zone.toLowerCase();
  return Intl.supportedValuesOf('timeZone').find((each) => each.toLowerCase() === spelled) ?? zone;
}
