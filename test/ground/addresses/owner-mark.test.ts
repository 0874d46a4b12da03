import { describe, expect, it } from 'vitest';
import { isOwnersVisit, ownerMark, takeOwnerMark, withOwnerMark } from '../../../src/ground/addresses/owner-mark.ts';

const site = { appUrl: 'https://app.example.com', secret: 'a secret of thirty-two characters' };
const referer = 'https://app.example.com/';
const now = new Date('2026-10-12T23:59:00Z');
const hoursLater = (hours: number) => new Date(now.getTime() + hours * 3_600_000);
const mark = ownerMark(site.secret, 'acme', now);

describe("the mark of an owner's visit", () => {
  it('is believed from the dashboard, today and tomorrow, and in its workspace alone', () => {
    expect(isOwnersVisit({ mark, referer }, site, 'acme', now)).toBe(true);
    expect(isOwnersVisit({ mark, referer: `${referer}w/acme/links` }, site, 'acme', hoursLater(24))).toBe(true);
    expect(isOwnersVisit({ mark, referer }, site, 'acme', hoursLater(25))).toBe(false);
    expect(isOwnersVisit({ mark, referer }, site, 'other', now)).toBe(false);
    expect(isOwnersVisit({ mark, referer }, { ...site, secret: 'another one' }, 'acme', now)).toBe(false);
  });

  it.each([undefined, 'https://mail.example.com/', 'https://app.example.com.evil.example/', 'https://app.example.co'])(
    'is nothing on a link that was handed on: referrer %s',
    (from) => {
      expect(isOwnersVisit({ mark, referer: from }, site, 'acme', now)).toBe(false);
    },
  );

  it.each(['', 'x', mark.slice(1), `${mark}x`, 'é'.repeat(12)])('is not %j', (forged) => {
    expect(isOwnersVisit({ mark: forged, referer }, site, 'acme', now)).toBe(false);
  });

  it('is taken out of the query, byte for byte', () => {
    expect(takeOwnerMark(`a=1&wm_own=${mark}&b=%2B&&c`)).toEqual({ rawQuery: 'a=1&b=%2B&&c', mark });
    expect(takeOwnerMark(`wm_own=${mark}`)).toEqual({ rawQuery: '', mark });
    expect(takeOwnerMark('a=wm_own=x')).toEqual({ rawQuery: 'a=wm_own=x', mark: null });
    expect(takeOwnerMark('wm_own=1&wm_own=2')).toEqual({ rawQuery: '', mark: '1' });
  });

  it('stands behind what a link has already', () => {
    expect(withOwnerMark('https://go.example.com/x', 'm')).toBe('https://go.example.com/x?wm_own=m');
    expect(withOwnerMark('https://go.example.com/x?a=1', 'm')).toBe('https://go.example.com/x?a=1&wm_own=m');
  });
});
