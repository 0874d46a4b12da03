import type { Db } from '../../ground/db/db.ts';
import { formatDateTime } from '../../ground/text/format.ts';
import { wallClock } from '../../ground/time/zoned-time.ts';
import type { HitKey } from '../../visitors/clicks/hit.ts';
import type { KeptHit } from '../../visitors/clicks/kept-facts.ts';
import { otherValues } from '../../visitors/clicks/variety.ts';
import { findKeptHit } from '../../visitors/rollups/hit-rows.ts';
import { appNames } from '../../visitors/visits/in-app.ts';
import { utmParameters } from '../../visitors/visits/utm.ts';
import type { Link } from '../links/queries.ts';
import { listDestinationsOf } from '../splits/stored.ts';
import type { Described } from './said.ts';

/** A kept click of a link, as somebody who is made up. */
export type TriedHit = {
  described: Described;
  entry: 'link' | 'qr';
  /** 'the click of 28 Nov 2026, 14:05' */
  name: string;
  /** The address that it went to; null for the link's own. */
  wentTo: string | null;
};

/** 'milliseconds-id', as the live view knows hits. */
export function readHitKey(text: string, linkId: string): HitKey | undefined {
  const [, at, id] = /^(\d{1,15})-(\d{1,16})$/.exec(text) ?? [];
  return at === undefined || id === undefined ? undefined : { linkId, clickedAt: Number(at), id: Number(id) };
}

/** @returns undefined for no hit, or one that is not kept any more */
export async function findTriedHit(db: Db, link: Link, key: HitKey, timeZone: string): Promise<TriedHit | undefined> {
  const hit = await findKeptHit(db, link.workspaceId, key);
  if (!hit) return undefined;
  const destinations = await listDestinationsOf(db, link.workspaceId, link.id);
  const at = new Date(key.clickedAt);
  return {
    described: describedBy(hit, at, timeZone),
    entry: hit.slug_id === link.qrSlugId ? 'qr' : 'link',
    name: `the click of ${formatDateTime(at, timeZone)}`,
    wentTo: destinations.find(({ id }) => id === hit.destination_id)?.url ?? null,
  };
}

function describedBy(hit: KeptHit, at: Date, timeZone: string): Described {
  const kept = (column: keyof KeptHit) => {
    const value = hit[column];
    return typeof value === 'string' && value !== otherValues ? value : undefined;
  };
  const tags = new URLSearchParams();
  for (const tag of utmParameters) {
    const value = kept(`utm_${tag}`);
    if (value !== undefined) tags.set(`utm_${tag}`, value);
  }
  const browser = kept('browser');
  const isApp = browser !== undefined && appNames.includes(browser);
  return {
    country: kept('country'),
    region: kept('region'),
    city: kept('city'),
    language: kept('language'),
    device: kept('device'),
    system: kept('os'),
    browser: isApp ? undefined : browser,
    app: isApp ? browser : 'none',
    referrer: kept('referrer'),
    channel: kept('channel'),
    query: tags.toString() || undefined,
    at: wallClock(at, timeZone).toISOString().slice(0, 16),
    timeZone,
    machine: hit.class !== 'human' || undefined,
  };
}
