import { hash } from 'node:crypto';
import { cleanText } from './text.ts';

/** Longest user agent that is read, in characters. The longest of real browsers are near 400. */
export const USER_AGENT_MAX = 500;

const uuid = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/gi;
/** Mailbox names at a host that runs a bot. The host says which bot. */
const mailbox = /[^\s@;,()<>]+@/g;
/** Build numbers, serial numbers, hashes: long words with a digit in them, unless they read as a name. */
const longNumber = /(?=[a-z]*\d)[a-z0-9]{12,}/gi;
/** "Streamline3Bot": words of three letters and more, each with a vowel, and a short number among or behind them. */
const name =
  /^(?!\D*\d+\D+\d)(?!.*\d{3})(?:[A-Z]?(?=[a-z]*[aeiouy])[a-z]{2,}|\d+|[A-Z]{2,5}(?=[A-Z\d]|$)|V(?=\d+$)|[a-z]{2,4}(?=\d))+$/;
/** A name in one case could be a serial as well, unless it holds one of these. */
const machineWord =
  /bot|crawl|spider|scrap|fetch|scan|check|search|index|parse|monitor|client|agent|robot|browser|reader/i;
/** Hashes and serials of hex digits, with a number in them or not. No word of a language is this long in a to f alone. */
const longHex = /(?<![a-z0-9])[0-9a-f]{8,}(?![a-z0-9])/gi;
/** Three and more groups of an IPv6 address (RFC 4291, 2.2). */
const hexGroups = /(?<![a-z0-9])(?:[0-9a-f]{0,4}:){2,8}[0-9a-f]{0,4}(?![a-z0-9])/gi;
const version = /\d+(?:[._]\d+)*/g;

/**
 * A user agent without what tells one device from another of its kind: every number and version is 0, long mixed words
 * that are no name, hex words, IPv6 addresses and UUIDs are 0, nobody stands before an @, and it ends after 500
 * characters. "Chrome/131.0.0.0" becomes "Chrome/0", "Streamline3Bot" "Streamline0Bot". Rules read nothing but this shape, so a hit can be classed anew from what is kept.
 */
export function shapeOf(userAgent: string): string {
  return cleanText(userAgent, USER_AGENT_MAX)
    .trim()
    .replace(mailbox, '@')
    .replace(uuid, '0')
    .replace(longNumber, (word) => (isName(word) ? word : '0'))
    .replace(longHex, '0')
    .replace(hexGroups, '0')
    .replace(version, '0');
}

function isName(word: string): boolean {
  return word.length <= 32 && name.test(word) && (/[a-z][A-Z]|\d[A-Z][a-z]/.test(word) || machineWord.test(word));
}

/** The id of a shape in `agent_shapes`, the same on every node. */
export function shapeId(shape: string): number {
  const digest = hash('sha256', shape, 'buffer');
  return digest.readUInt32BE(0) * 2 ** 21 + (digest.readUInt32BE(4) >>> 11);
}
