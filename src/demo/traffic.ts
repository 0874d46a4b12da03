import { addDays, DAY, dayStart, HOUR, localDay, utcDay } from '../ground/time/zoned-time.ts';
import { type Random, runningSums } from './random.ts';

/** The facts that decide how much a link is clicked. */
export type Popularity = {
  /** How much it is clicked at all, compared with others. */
  share: number;
  /** Index of the first day on which it is clicked. */
  firstDay: number;
  course: 'lasting' | 'fading' | 'campaign';
};

/** One day on the workspace's calendar, and what comes on it. */
export type Day = {
  /** First instant, and the first after it (the last day ends now). Milliseconds since 1970. */
  from: number;
  to: number;
  people: number;
  machines: number;
  /** For `drawIndex`: which link a visit goes to. */
  linkSums: Float64Array;
  /** The day in hours, and for `drawIndex` how much falls on each. */
  hourStarts: readonly number[];
  hourSums: Float64Array;
};

/** Hits by machines for each click of a person: 17 % of all. */
const machinesPerPerson = 0.205;

/** Monday to Sunday. People plan their weekends from Thursday on. */
const weekdays = [0.92, 0.94, 0.98, 1.06, 1.02, 1.12, 1.16];

/** The first days of a campaign; then it fades. */
const campaignDays = [7, 4.4, 2.8, 1.9, 1.5, 1.3, 1.1];

/** The days up to today, the last one being today, on a zone's calendar. */
export function calendar(days: number, timeZone: string, now: Date): string[] {
  const today = localDay(now, timeZone);
  return Array.from({ length: days }, (_, index) => addDays(today, index - days + 1));
}

/**
 * Spreads clicks over days: a week's rhythm, growth, launches and campaigns. Their sum is exact.
 * Days are made one at a time, so that a year takes no more memory than a day.
 * @param hours how much falls on each hour of UTC
 */
export function* spread(
  clicks: number,
  plan: { days: readonly string[]; timeZone: string; now: Date; hours: readonly number[] },
  links: readonly Popularity[],
  random: Random,
): Generator<Day> {
  const { days, timeZone, now, hours } = plan;
  const weather = days.map(() => 0.88 + 0.24 * random());
  const weights = days.map((day, index) => {
    const { hourSums, isoDayShare } = hoursOf(day, timeZone, now, hours);
    if ((hourSums.at(-1) ?? 0) === 0) return 0;
    const weekday = weekdays[(utcDay(day).getUTCDay() + 6) % 7] ?? 1;
    const growth = 1 + (1.1 * index) / days.length;
    const interest = links.reduce((sum, link) => sum + interestIn(link, index), 0);
    return weekday * growth * (weather[index] ?? 1) * interest * isoDayShare;
  });
  const sums = runningSums(weights);
  const total = sums.at(-1) ?? 0;
  let [people, machines] = [0, 0];
  for (const [index, day] of days.entries()) {
    const peopleSoFar = total === 0 ? 0 : Math.round((clicks * (sums[index] ?? 0)) / total);
    const machinesSoFar = Math.round(peopleSoFar * machinesPerPerson);
    yield {
      ...hoursOf(day, timeZone, now, hours),
      people: peopleSoFar - people,
      machines: machinesSoFar - machines,
      linkSums: runningSums(links.map((link) => interestIn(link, index))),
    };
    [people, machines] = [peopleSoFar, machinesSoFar];
  }
}

/** How much a link is clicked on a day. */
function interestIn({ share, firstDay, course }: Popularity, day: number): number {
  const age = day - firstDay;
  if (age < 0) return 0;
  if (course === 'lasting') return share;
  if (course === 'fading') return share * (0.35 + 1.6 * Math.exp(-age / 12));
  return share * (campaignDays[age] ?? 0.06 + Math.exp(-(age - campaignDays.length) / 9));
}

/** The hours of a day (23 to 25 of them), the last day's up to now. */
function hoursOf(day: string, timeZone: string, now: Date, hours: readonly number[]) {
  const from = dayStart(day, timeZone).getTime();
  const end = dayStart(addDays(day, 1), timeZone).getTime();
  const to = Math.min(end, Math.max(now.getTime(), from));
  const hourStarts: number[] = [];
  for (let start = from; start < to; start += HOUR) hourStarts.push(start);
  const hourSums = runningSums(
    hourStarts.map((start) => ((Math.min(start + HOUR, to) - start) / HOUR) * (hours[utcHour(start)] ?? 0)),
  );
  const wholeDay = hours.reduce((sum, hour) => sum + hour, 0);
  return { from, to, hourStarts, hourSums, isoDayShare: (hourSums.at(-1) ?? 0) / wholeDay };
}

/** The hour that a clock in UTC shows, 0 to 23. */
export function utcHour(instant: number): number {
  return Math.floor((instant % DAY) / HOUR);
}
