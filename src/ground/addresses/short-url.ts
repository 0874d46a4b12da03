/**
 * What one copies, prints and scans. Letters of any script are percent-encoded: that is what survives mail programs.
 * @param scheme of the domain, without colon
 * @param host of the domain, with its port when that is not the usual one
 */
export function shortUrlOf(scheme: string, host: string, slug: string): string {
  return `${scheme}://${host}/${encodeURIComponent(slug)}`;
}
