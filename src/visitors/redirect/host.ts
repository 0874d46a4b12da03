import { decoded, locationOf, maxAddress } from '../../ground/addresses/destination.ts';

/** An admin's decisions for the visitors of a domain; null is left to us. */
export type HostSettings = {
  rootUrl: string | null;
  notFoundUrl: string | null;
  expiredUrl: string | null;
  brandName: string | null;
  /** As #rrggbb. */
  brandColor: string | null;
  redirectStatus: number;
  referrerPolicy: string | null;
  isIndexed: boolean;
  robotsTxt: string | null;
  appleAppSiteAssociation: string | null;
  assetLinks: string | null;
  /** Of the bytes of the brand's logo: its address. */
  logoHash: string | null;
  /** Whether upper and lower case make different slugs. */
  isCaseSensitive: boolean;
};

/** A host that serves short links, as its visitors meet it. */
export type Host = HostSettings & {
  domainId: string;
  /** Of every answer. */
  headers: Readonly<Record<string, string>>;
};

/**
 * Nothing of an answer may be kept: each visit is counted, each edit applies at once (RFC 9111, 5.2.2), after 301 and 308
 * as well. No cookie, and no header that belongs to the dashboard: these hosts are our customers'.
 */
export function hostOf(domain: HostSettings & { domainId: string }): Host {
  const headers: Record<string, string> = { 'cache-control': 'private, no-store' };
  if (!domain.isIndexed) headers['x-robots-tag'] = 'noindex';
  if (domain.referrerPolicy !== null) headers['referrer-policy'] = domain.referrerPolicy;
  return { ...domain, headers };
}

/** The instance's own short host, which nobody brands; what is nobody's looks the same. */
export function plainHost(domainId: string): Host {
  return hostOf({
    domainId,
    rootUrl: null,
    notFoundUrl: null,
    expiredUrl: null,
    brandName: null,
    brandColor: null,
    redirectStatus: 302,
    referrerPolicy: null,
    isIndexed: false,
    robotsTxt: null,
    appleAppSiteAssociation: null,
    assetLinks: null,
    logoHash: null,
    isCaseSensitive: false,
  });
}

/** Characters of a visitor's text in a header at most, before it is encoded. */
const maxPlaceholder = 1_000;

/**
 * Fills {slug} and {query} of an address, percent-encoded, so that neither can leave its place. Dots alone are left out:
 * browsers read them as the way up, escaped or not (WHATWG URL, path state). What would be longer than an address may be
 * leads on with both of them empty.
 * @param visited the path as it came, still encoded, and the query without `?`
 */
export function fillPlaceholders(address: string, visited: { path: string; query: string }): string {
  // Cutting must not leave half of a surrogate pair, which cannot be encoded.
  const encoded = (typed: string) => encodeURIComponent(typed.slice(0, maxPlaceholder).replace(/\p{Cs}$|^\.+$/u, ''));
  const [slug, query] = [encoded(decoded(visited.path.replace(/^\//, ''))), encoded(visited.query)];
  const fill = (by: { slug: string; query: string }) =>
    locationOf(address).replaceAll('{slug}', by.slug).replaceAll('{query}', by.query);
  const filled = fill({ slug, query });
  return filled.length <= maxAddress ? filled : fill({ slug: '', query: '' });
}
