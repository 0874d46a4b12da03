import { inNetworks, readNetwork } from '../../ground/addresses/network.ts';

/** Ends of the names that CDNs give their customers to point at. */
const names: readonly (readonly [string, string])[] = [
  ['cdn.cloudflare.net', 'Cloudflare'],
  ['cloudfront.net', 'Amazon CloudFront'],
  ['fastly.net', 'Fastly'],
  ['akamaiedge.net', 'Akamai'],
  ['edgekey.net', 'Akamai'],
  ['edgesuite.net', 'Akamai'],
  ['azurefd.net', 'Azure Front Door'],
  ['azureedge.net', 'Azure CDN'],
  ['b-cdn.net', 'bunny.net'],
  ['cdn77.org', 'CDN77'],
  ['gcdn.co', 'Gcore'],
];

/** https://www.cloudflare.com/ips/ : it answers for its customers' names from addresses alone. */
const isCloudflare = inNetworks(
  [
    '173.245.48.0/20',
    '103.21.244.0/22',
    '103.22.200.0/22',
    '103.31.4.0/22',
    '141.101.64.0/18',
    '108.162.192.0/18',
    '190.93.240.0/20',
    '188.114.96.0/20',
    '197.234.240.0/22',
    '198.41.128.0/17',
    '162.158.0.0/15',
    '104.16.0.0/13',
    '104.24.0.0/14',
    '172.64.0.0/13',
    '131.0.72.0/22',
    '2400:cb00::/32',
    '2606:4700::/32',
    '2803:f800::/32',
    '2405:b500::/32',
    '2405:8100::/32',
    '2a06:98c0::/29',
    '2c0f:f248::/32',
  ].flatMap((range) => readNetwork(range) ?? []),
);

/**
 * The CDN that stands before a host, by its aliases and addresses; undefined when it is none that we know.
 * @param addresses of the host; all have to be the CDN's
 */
export function findCdn(aliases: readonly string[], addresses: readonly string[]): string | undefined {
  const byName = names.find(([end]) => aliases.some((alias) => alias.endsWith(`.${end}`)));
  if (byName) return byName[1];
  return addresses.length > 0 && addresses.every(isCloudflare) ? 'Cloudflare' : undefined;
}
