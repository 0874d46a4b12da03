import { describe, expect, it } from 'vitest';
import { letter } from '../../../src/ground/mail/letter.ts';

const to = 'ada@example.com';
const link = { words: 'Open this page:', url: 'https://waymark.example/a?b=1&c=2' };

describe('a letter', () => {
  it('is plain text: greeting, paragraphs, the link under its words, what to know of it, our name', () => {
    expect(
      letter({ to, subject: 'Join', name: 'Ada', paragraphs: ['One.', 'Two.'], link, after: ['It works once.'] }),
    ).toEqual({
      to,
      subject: 'Join',
      text: `Hello Ada,\n\nOne.\n\nTwo.\n\nOpen this page:\n${link.url}\n\nIt works once.\n\nWaymark`,
    });
    expect(letter({ to, subject: 'Join' }).text).toBe('Hello,\n\nWaymark');
  });

  it('has figures as text and as HTML, in which nothing of theirs is markup', () => {
    const lists = [{ title: 'Links & co', rows: [{ label: '<b>spring</b>', clicks: '3' }] }];
    const figures = {
      about: 'A "team"',
      period: 'May 2026',
      head: '3 clicks',
      words: ['more'],
      button: 'See it',
      lists,
    };
    const mail = letter({
      to,
      subject: 'Report',
      figures,
      link,
      stop: { words: 'You asked for it.', url: 'https://s.example' },
    });
    expect(mail.text).toContain('A "team", May 2026\n\n3 clicks\nmore\n\nLinks & co\n  3  <b>spring</b>\n\n');
    expect(mail.text).toContain('You asked for it. Stop it here:\nhttps://s.example\n\nWaymark');
    expect(mail.headers).toEqual({
      'List-Unsubscribe': '<https://s.example/stop>',
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    });
    expect(mail.html).toContain('<title>A &quot;team&quot;</title>');
    expect(mail.html).toContain('Links &amp; co');
    expect(mail.html).toContain('&lt;b&gt;spring&lt;/b&gt;</td>');
    expect(mail.html).toMatch(/<a href="https:\/\/waymark\.example\/a\?b=1&amp;c=2"[^>]*>See it<\/a>/);
    expect(mail.html).not.toContain('undefined');
  });
});
