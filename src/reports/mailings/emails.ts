import type { KeptChip } from '../pages/kept-filters.ts';
import type { ReportPage } from '../pages/report-page.ts';
import { formatNumber } from '../../ground/text/format.ts';
import type { Mail } from '../../ground/mail/mail.ts';
import { type Rhythm, rhythmAdjectives } from './calendar.ts';

const rowsAList = 5;

/** 'Acme, Country is Germany': what a report is about, and what it is narrowed to. */
export function narrowedName(about: string, chips: readonly KeptChip[]): string {
  return [about, ...chips.map(({ name, operator, value }) => `${name} ${operator} ${value}`)].join(', ');
}

type Letter = {
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
export function reportMail({ to, subject, every, page, reportUrl, stopUrl }: Letter): Mail {
  const head = page.isWithoutClicks ? page.clicks : `${page.clicks} ${page.visitors}`;
  const change = page.change ? [page.change.percent, page.change.words].filter(Boolean).join(' ') : null;
  const words = [change, page.scans, page.notCountedWords].filter((line) => line !== null);
  const lists = [page.places, ...page.columns.flat()]
    .flatMap(({ tabs }) => tabs.slice(0, 1))
    .filter(({ bars }) => bars.length > 0 && !page.isWithoutClicks)
    .map(({ title, bars }) => ({
      title,
      rows: bars.slice(0, rowsAList).map(({ label, clicks }) => ({ label, clicks: formatNumber(clicks) })),
    }));
  const stop = `You get this ${rhythmAdjectives[every]} report because you or your team asked for it.`;
  const text = [
    `${subject}, ${page.period}`,
    [head, ...words].join('\n'),
    ...lists.map(({ title, rows }) => [title, ...rows.map(({ label, clicks }) => `  ${clicks}  ${label}`)].join('\n')),
    ...(reportUrl ? [`The whole report:\n${reportUrl}`] : []),
    `${stop} Stop it here:\n${stopUrl}`,
    'Waymark',
  ].join('\n\n');
  return {
    to,
    subject: `${subject}: ${page.clicks}, ${page.period}`,
    text,
    html: htmlOf({ subject, period: page.period, head, words, lists, stop, reportUrl, stopUrl }),
    // RFC 8058: mail programs offer a button of their own, which posts here.
    headers: { 'List-Unsubscribe': `<${stopUrl}/stop>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' },
  };
}

/** Asks somebody who is no member whether they want the report. */
export function askForYesMail(
  to: string,
  { subject, every, when, url }: { subject: string; every: Rhythm; when: string; url: string },
): Mail {
  return {
    to,
    subject: `A ${rhythmAdjectives[every]} report about ${subject}?`,
    text: [
      'Hello,',
      `Somebody who looks after ${subject} would like to send you a ${rhythmAdjectives[every]} report of its clicks.`,
      `Say yes on this page, and it comes ${when}:`,
      url,
      'If you do not want it, you need not do anything.',
      'Waymark',
    ].join('\n\n'),
  };
}

type Parts = {
  subject: string;
  period: string;
  head: string;
  words: string[];
  lists: { title: string; rows: { label: string; clicks: string }[] }[];
  stop: string;
  reportUrl: string | null;
  stopUrl: string;
};

const escape = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** Mail programs read no stylesheets, so styles stand on the elements; nothing is loaded from anywhere. */
function htmlOf({ subject, period, head, words, lists, stop, reportUrl, stopUrl }: Parts): string {
  const grey = 'color:#5b6562';
  const list = ({
    title,
    rows,
  }: Parts['lists'][number]) => `<h2 style="font-size:14px;margin:24px 0 6px">${escape(title)}</h2>
<table role="presentation" width="100%" cellspacing="0" cellpadding="0">${rows
    .map(
      ({ label, clicks }) =>
        `<tr><td style="padding:4px 0;border-top:1px solid #e6eae8">${escape(label)}</td><td align="right" style="padding:4px 0;border-top:1px solid #e6eae8">${clicks}</td></tr>`,
    )
    .join('')}</table>`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escape(subject)}</title></head>
<body style="margin:0;padding:24px;font:14px/1.5 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;color:#1b2421;background:#ffffff">
<div style="max-width:520px;margin:0 auto">
<p style="${grey};margin:0">${escape(subject)}, ${escape(period)}</p>
<h1 style="font-size:26px;line-height:1.25;margin:4px 0 8px">${escape(head)}</h1>
<p style="${grey};margin:0">${words.map(escape).join('<br>')}</p>
${lists.map(list).join('\n')}
${reportUrl ? `<p style="margin:28px 0"><a href="${escape(reportUrl)}" style="background:#0f7b5c;color:#ffffff;padding:10px 16px;border-radius:8px;text-decoration:none">Open the report</a></p>` : ''}
<p style="${grey};font-size:12px;margin-top:32px">${escape(stop)} <a href="${escape(stopUrl)}" style="${grey}">Stop it</a></p>
</div></body></html>`;
}
