import { describe, expect, it } from 'vitest';
import { isPublic } from '../../../src/ground/addresses/network.ts';

describe('an address of the internet', () => {
  it.each(['9.9.9.9', '203.0.114.1', '2620:fe::9', '::ffff:9.9.9.9'])('%s', (address) => {
    expect(isPublic(address)).toBe(true);
  });

  it.each([
    ['127.0.0.1', 'this machine'],
    ['0.0.0.0', 'this machine'],
    ['::1', 'this machine'],
    ['::ffff:127.0.0.1', 'this machine, wrapped in IPv6'],
    ['::127.0.0.1', 'this machine, in the old form of IPv6'],
    ['10.1.2.3', 'a private network'],
    ['192.168.0.1', 'a private network'],
    ['fd00::1', 'a private network'],
    ['100.64.0.1', 'the network of a provider'],
    ['169.254.169.254', 'the metadata of a cloud'],
    ['fe80::1', 'a link'],
    ['64:ff9b::a00:1', 'a private network, by NAT64'],
    ['2002:a00:1::', 'a private network, by 6to4'],
    ['224.0.0.1', 'a group'],
    ['255.255.255.255', 'everybody'],
  ])('is not %s: %s', (address) => {
    expect(isPublic(address)).toBe(false);
  });
});
