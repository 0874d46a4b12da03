/**
 * The value of Content-Disposition for an answer that is saved as a file: a name in ASCII that every client takes, and,
 * where it is another one, the name itself (RFC 6266, appendix D; RFC 8187).
 */
export function attachment(fileName: string): string {
  const plain = fileName.replaceAll(/[^\w.~-]+/g, '_');
  if (plain === fileName) return `attachment; filename="${plain}"`;
  // Of what encodeURIComponent leaves as it is, these four may not stand in a value.
  const whole = encodeURIComponent(fileName).replaceAll(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${whole}`;
}
