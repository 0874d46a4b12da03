import { continents, countries } from 'countries-list';
import { weekdays } from '../../ground/addresses/route.ts';
import { commasOfNames } from './rule-facts.ts';
import { labelOfValue } from '../../links/routes/labels.ts';
import { channels } from '../../visitors/visits/channel.ts';
import { deviceTypes } from '../../visitors/visits/device.ts';
import { appNames } from '../../visitors/visits/in-app.ts';

/** The most spoken and the most seen; any other is taken as well. */
const languages =
  'en es pt fr de it nl pl sv da nb fi cs sk hu ro bg el tr ru uk ar he fa hi bn ur ta te id ms th vi zh ja ko'.split(
    ' ',
  );
const systems = ['iOS', 'Android', 'Windows', 'macOS', 'ChromeOS', 'Linux', 'HarmonyOS'];
const browsers = ['Chrome', 'Safari', 'Edge', 'Firefox', 'Samsung Internet', 'Opera', 'Brave', 'Vivaldi'];

/** Values that people choose among, by the names of facts. Others are theirs to write. */
const listed: Readonly<Record<string, readonly string[]>> = {
  country: Object.keys(countries).map((code) => labelOfValue('country', code)),
  continent: Object.keys(continents).map((code) => labelOfValue('continent', code)),
  language: languages.map((tag) => labelOfValue('language', tag)),
  system: systems,
  browser: browsers,
  device: deviceTypes,
  app: appNames,
  channel: channels.map((name) => labelOfValue('channel', name)),
  weekday: weekdays.map((day) => labelOfValue('weekday', day)),
  entry: ['link', 'qr'].map((name) => labelOfValue('entry', name)),
};

/**
 * Values that go on with the last one that is typed.
 * @param text of the field, with commas between its values
 * @returns at most eight, without those that stand there already
 */
export function suggestValues(what: string, text: string): string[] {
  const all = Object.hasOwn(listed, what) ? (listed[what] ?? []) : [];
  const texts = text.split(commasOfNames).map((each) => each.trim().toLowerCase());
  const last = texts.pop() ?? '';
  const found = all.filter((name) => {
    const folded = name.toLowerCase();
    return folded !== last && !texts.includes(folded) && folded.includes(last);
  });
  const begins = (name: string) => (name.toLowerCase().startsWith(last) ? 0 : 1);
  return found.toSorted((one, other) => begins(one) - begins(other)).slice(0, 8);
}
