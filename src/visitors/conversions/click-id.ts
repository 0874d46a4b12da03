import { createCipheriv, createDecipheriv, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { maxAddress } from '../../ground/addresses/destination.ts';
import { idAlphabet } from '../../ground/text/id.ts';
import type { Hit, HitKey } from '../clicks/hit.ts';
import type { Visit } from '../visits/visit.ts';

/** Bytes of each part: the tag, and the id of the link, the instant and the id of the hit below it. */
const [tagBytes, linkBytes, instantBytes, hitBytes] = [14, 9, 6, 7];
const cipher = 'aes-256-ctr';
const length = 48;
const lettersOfLink = 12;

/** Ids of clicks, as destinations get them. Nothing is stored for one: it holds the key of its hit, encrypted. */
export type ClickIds = {
  /** @returns undefined for a link whose id is not of our making */
  write(key: HitKey): string | undefined;
  /** @returns undefined for what we did not make */
  read(text: string): HitKey | undefined;
};

/**
 * Encrypts with a synthetic IV (as SIV, RFC 5297): the tag is an HMAC of what is hidden, and the counter begins with it. No
 * nonce is needed, since no two hits have one key. 112 bits of tag fit into 48 characters.
 */
export function openClickIds(secret: string): ClickIds {
  const keys = Buffer.from(hkdfSync('sha256', secret, '', 'waymark click id', 64));
  const [forTags, forText] = [keys.subarray(0, 32), keys.subarray(32)];
  const tagOf = (plain: Buffer) => createHmac('sha256', forTags).update(plain).digest().subarray(0, tagBytes);
  const counterOfTag = (tag: Buffer) => Buffer.concat([tag, Buffer.alloc(16 - tagBytes)]);

  return {
    write(key) {
      const plain = packedKey(key);
      if (!plain) return undefined;
      const tag = tagOf(plain);
      const hidden = createCipheriv(cipher, forText, counterOfTag(tag)).update(plain);
      return Buffer.concat([tag, hidden]).toString('base64url');
    },
    read(text) {
      if (text.length !== length || !/^[\w-]+$/.test(text)) return undefined;
      const bytes = Buffer.from(text, 'base64url');
      const tag = bytes.subarray(0, tagBytes);
      const plain = createDecipheriv(cipher, forText, counterOfTag(tag)).update(bytes.subarray(tagBytes));
      return timingSafeEqual(tagOf(plain), tag) ? unpackedKey(plain) : undefined;
    },
  };
}

function packedKey({ linkId, clickedAt, id }: HitKey): Buffer | undefined {
  if (linkId.length !== lettersOfLink) return undefined;
  let link = 0n;
  for (const letter of linkId) {
    const figure = idAlphabet.indexOf(letter);
    if (figure < 0) return undefined;
    link = link * BigInt(idAlphabet.length) + BigInt(figure);
  }
  const plain = Buffer.alloc(linkBytes + instantBytes + hitBytes);
  plain.write(link.toString(16).padStart(2 * linkBytes, '0'), 'hex');
  plain.writeUIntBE(clickedAt, linkBytes, instantBytes);
  plain.write(id.toString(16).padStart(2 * hitBytes, '0'), linkBytes + instantBytes, 'hex');
  return plain;
}

function unpackedKey(plain: Buffer): HitKey {
  let link = BigInt(`0x${plain.toString('hex', 0, linkBytes)}`);
  const base = BigInt(idAlphabet.length);
  let linkId = '';
  while (linkId.length < lettersOfLink) {
    linkId = `${idAlphabet[Number(link % base)]}${linkId}`;
    link /= base;
  }
  const id = Number(`0x${plain.toString('hex', linkBytes + instantBytes)}`);
  return { linkId, clickedAt: plain.readUIntBE(linkBytes, instantBytes), id };
}

/**
 * Adds an id of the click to an address, before its fragment. Machines, and people who ask not to be tracked, get none.
 * @param name the parameter; one that the address has already is sent on as it is
 */
export function withClickId(
  location: string,
  name: string,
  hit: Pick<Hit, 'class' | 'linkId' | 'clickedAt' | 'id'> | undefined,
  { headers }: Pick<Visit, 'headers'>,
  clickIds: ClickIds,
): string {
  if (hit?.class !== 'human' || headers['sec-gpc'] === '1' || headers.dnt === '1') return location;
  const id = clickIds.write(hit);
  if (id === undefined) return location;
  const hashAt = location.indexOf('#');
  const base = hashAt < 0 ? location : location.slice(0, hashAt);
  const queryAt = base.indexOf('?');
  const isThere =
    queryAt >= 0 &&
    base
      .slice(queryAt + 1)
      .split('&')
      .some((pair) => pair.split('=', 1)[0] === name);
  const added = `${name}=${id}`;
  if (isThere || base.length + added.length >= maxAddress) return location;
  const joint = queryAt < 0 ? '?' : /[?&]$/.test(base) ? '' : '&';
  return base + joint + added + location.slice(base.length);
}
