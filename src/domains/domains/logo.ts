import { createHash } from 'node:crypto';
import type { Db } from '../../ground/db/db.ts';
import { domains } from '../../ground/db/schema.ts';
import { Invalid, NotFound } from '../../ground/text/errors.ts';
import { isOwnDomain } from './queries.ts';

export const logoTypes = ['image/png', 'image/jpeg', 'image/webp'] as const;

export type LogoType = (typeof logoTypes)[number];

export type Logo = { bytes: Buffer; type: LogoType };

const maxBytes = 200_000;
/** Of each side, in pixels. */
const maxSide = 2_000;

type Picture = { type: LogoType; width: number; height: number };

/**
 * Reads a logo by its bytes; names and media types are claims of whoever sent it. SVG is none, because it can hold scripts.
 * @throws Invalid (field `logo`) with the codes logo_missing, logo_too_large and logo_invalid
 */
export function readLogo(bytes: Buffer): Logo {
  const refuse = (code: string, sentence: string) => new Invalid(sentence, { field: 'logo', code });
  if (bytes.length === 0) throw refuse('logo_missing', 'Choose a picture first.');
  if (bytes.length > maxBytes) throw refuse('logo_too_large', 'A logo has at most 200 kB.');
  const picture = readPng(bytes) ?? readJpeg(bytes) ?? readWebp(bytes);
  if (!picture || picture.width === 0 || picture.height === 0)
    throw refuse('logo_invalid', 'This is no picture that can be shown here. Take a PNG, a JPEG or a WebP.');
  if (picture.width > maxSide || picture.height > maxSide)
    throw refuse('logo_too_large', `A logo has at most ${maxSide} × ${maxSide} pixels.`);
  return { bytes, type: picture.type };
}

/** W3C, PNG, 5.2 and 11.2.2: its signature, and IHDR before all else. */
function readPng(bytes: Buffer): Picture | undefined {
  if (bytes.length < 33 || bytes.toString('latin1', 0, 8) !== '\x89PNG\r\n\x1a\n') return undefined;
  if (bytes.toString('latin1', 12, 16) !== 'IHDR') return undefined;
  return { type: 'image/png', width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

/** ITU-T T.81, B: segment after segment up to the one that begins a frame. */
function readJpeg(bytes: Buffer): Picture | undefined {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return undefined;
  for (let at = 2; at + 9 <= bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1] ?? 0;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { type: 'image/jpeg', width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) };
    // Any number of 0xff may stand before a marker.
    at += marker === 0xff ? 1 : 2 + bytes.readUInt16BE(at + 2);
  }
  return undefined;
}

/** RFC 9649, 2.4 to 2.7: the first chunk says how large it is, in one of three ways. */
function readWebp(bytes: Buffer): Picture | undefined {
  const isWebp = bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP';
  if (!isWebp || bytes.length < 30) return undefined;
  const sized = (width: number, height: number): Picture => ({ type: 'image/webp', width, height });
  switch (bytes.toString('latin1', 12, 16)) {
    case 'VP8X':
      return sized(1 + bytes.readUIntLE(24, 3), 1 + bytes.readUIntLE(27, 3));
    case 'VP8L': {
      if (bytes[20] !== 0x2f) return undefined;
      const bits = bytes.readUInt32LE(21);
      return sized(1 + (bits & 0x3fff), 1 + ((bits >>> 14) & 0x3fff));
    }
    case 'VP8 ':
      if (bytes.readUIntBE(23, 3) !== 0x9d012a) return undefined;
      return sized(bytes.readUInt16LE(26) & 0x3fff, bytes.readUInt16LE(28) & 0x3fff);
    default:
      return undefined;
  }
}

/** The columns of a logo, or of none. */
export const logoColumns = (logo: Logo | null) => ({ logo: logo?.bytes ?? null, logoType: logo?.type ?? null });

/** A picture as events name it: they keep no bytes. */
export const logoName = (bytes: Buffer | null | undefined): string | null =>
  bytes ? createHash('sha256').update(bytes).digest('base64url').slice(0, 16) : null;

/** The name of the logo that is there, in a transaction that has the domain's row. */
export async function findLogoName(tx: Db, workspaceId: string, domainId: string): Promise<string | null> {
  const [row] = await tx.select({ bytes: domains.logo }).from(domains).where(isOwnDomain(workspaceId, domainId));
  return logoName(row?.bytes);
}

/** @throws NotFound */
export async function getLogo(db: Db, workspaceId: string, domainId: string): Promise<Logo> {
  const [row] = await db
    .select({ bytes: domains.logo, type: domains.logoType })
    .from(domains)
    .where(isOwnDomain(workspaceId, domainId));
  if (!row?.bytes || !row.type) throw new NotFound('This domain has no logo.');
  return { bytes: row.bytes, type: row.type };
}
