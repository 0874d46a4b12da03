import { BlockList, isIP } from 'node:net';

const named: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

/**
 * Which peers are proxies of ours, whose X-Forwarded-* and X-Request-Id headers may be believed.
 * @param ranges addresses, CIDR ranges, and the names loopback, linklocal and uniquelocal (TRUST_PROXY)
 */
export function knowProxies(ranges: readonly string[]): (address: string | undefined) => boolean {
  const proxies = new BlockList();
  for (const range of ranges.flatMap((name) => named[name] ?? [name])) {
    const [address = '', prefix] = range.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    proxies.addSubnet(address, Number(prefix ?? (family === 'ipv6' ? 128 : 32)), family);
  }
  return (address) =>
    address !== undefined && isIP(address) !== 0 && proxies.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}
