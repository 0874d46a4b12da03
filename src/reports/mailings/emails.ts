import { dimensionOf } from '../../visitors/rollups/dimensions.ts';
import type { KeptChip } from '../pages/kept-filters.ts';
import type { ReportPage } from '../pages/report-page.ts';
import { formatNumber } from '../../ground/text/format.ts';
import { letter } from '../../ground/mail/letter.ts';
import type { Mail } from '../../ground/mail/mail.ts';
import { type Rhythm, rhythmAdjectives } from './calendar.ts';

const rowsAList = 5;

/** 'Acme, Country is Germany': what a report is about, and what it is narrowed to. */
export function narrowedName(about: string, chips: readonly KeptChip[]): string {
  return [about, ...chips.map(({ name, operator, value }) => `${name} ${operator} ${value}`)].join(', ');
}

type Report = {
  to: string;
  /** 'go.acme.com/spring', or the name of a campaign, a tag or the workspace, and its filters. */
  subject: string;
  every: Rhythm;
  page: ReportPage;
  /** Null for readers without an account. */
  reportUrl: string | null;
  stopUrl: string;
};

/** The report as a mail: plain text that says it all, and the same as simple HTML. */
export function reportMail({ to, subject, every, page, reportUrl, stopUrl }: Report): Mail {
  const head = page.isWithoutClicks ? page.clicks : `${page.clicks} ${page.visitors}`;
  const change = page.change ? [page.change.percent, page.change.words].filter(Boolean).join(' ') : null;
  const words = [change, page.scans, page.notCountedWords].filter((line) => line !== null);
  const lists = [page.places, ...page.columns.flat()]
    .flatMap(({ tabs }) => tabs.slice(0, 1))
    .filter(({ bars }) => bars.length > 0 && !page.isWithoutClicks)
    .map(({ name, bars }) => ({
      // Whole: without the card around it, "Campaigns" would be the workspace's own.
      title: dimensionOf(name).title,
      rows: bars.slice(0, rowsAList).map(({ label, clicks }) => ({ label, clicks: formatNumber(clicks) })),
    }));
  const stop = `You get this ${rhythmAdjectives[every]} report because you or your team asked for it.`;
  return letter({
    to,
    subject: `${subject}: ${page.clicks}, ${page.period}`,
    figures: { about: subject, period: page.period, head, words, lists, button: 'Open the report' },
    link: reportUrl ? { words: 'The whole report:', url: reportUrl } : undefined,
    stop: { words: stop, url: stopUrl },
  });
}

/** Asks somebody who is no member whether they want the report. */
export function askForYesMail(
  to: string,
  { subject, every, when, url }: { subject: string; every: Rhythm; when: string; url: string },
): Mail {
  return letter({
    to,
    subject: `A ${rhythmAdjectives[every]} report about ${subject}?`,
    paragraphs: [
      `Somebody who looks after ${subject} would like to send you a ${rhythmAdjectives[every]} report of its clicks.`,
    ],
    link: { words: `Say yes on this page, and it comes ${when}:`, url },
    after: ['If you do not want it, you need not do anything.'],
  });
}
