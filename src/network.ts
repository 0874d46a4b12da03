import ipaddr from 'ipaddr.js';

/**
 * Who is counted as one: an IPv4 address, or a /64 of IPv6, which is what one customer gets at least (RFC 6177, RFC 7421).
 * What is no address is counted as itself.
 */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (!(parsed instanceof ipaddr.IPv6)) return parsed.toString();
  return parsed.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':');
}
