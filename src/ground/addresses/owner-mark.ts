import { createHmac } from 'node:crypto';
import { isSameSecret } from '../text/secret.ts';
import { DAY, isoDay } from '../time/zoned-time.ts';

/** The query parameter by which the dashboard marks a link that its own people open. It never reaches a destination. */
const name = 'wm_own';

/**
 * A short signed mark for links of a workspace: who opens one with it is somebody of ours, until the end of the next day
 * (UTC). 72 bits of HMAC-SHA256.
 */
export function ownerMark(secret: string, workspaceId: string, now: Date): string {
  const day = isoDay(now);
  return createHmac('sha256', secret).update(`owner\n${workspaceId}\n${day}`).digest('base64url').slice(0, 12);
}

/**
 * True for a visit from the dashboard with a mark that was made for this workspace today or yesterday. Without the
 * dashboard as its referrer a mark is nothing: somebody has copied the link and handed it on, and its clicks are clicks.
 * @param site where the dashboard is, as an origin, and what signs marks
 */
export function isOwnersVisit(
  visit: { mark: string | null; referer: string | undefined },
  site: { appUrl: string; secret: string },
  workspaceId: string,
  now: Date,
): boolean {
  const { mark, referer } = visit;
  if (mark === null || (referer !== site.appUrl && !referer?.startsWith(`${site.appUrl}/`))) return false;
  const days = [now, new Date(now.getTime() - DAY)];
  return days.some((day) => isSameSecret(mark, ownerMark(site.secret, workspaceId, day)));
}

/** A short link as the dashboard offers it for opening: a visit through it is not counted as a click. */
export function withOwnerMark(shortUrl: string, mark: string): string {
  return `${shortUrl}${shortUrl.includes('?') ? '&' : '?'}${name}=${mark}`;
}

/**
 * Takes the mark out of a query.
 * @param rawQuery as it came, without `?`
 * @returns the query without it, byte for byte, and the mark
 */
export function takeOwnerMark(rawQuery: string): { rawQuery: string; mark: string | null } {
  if (!rawQuery.includes(`${name}=`)) return { rawQuery, mark: null };
  const parts = rawQuery.split('&');
  const mark = parts.find((part) => part.startsWith(`${name}=`));
  return {
    rawQuery: parts.filter((part) => !part.startsWith(`${name}=`)).join('&'),
    mark: mark?.slice(name.length + 1) ?? null,
  };
}
