import { expect, it } from 'vitest';
import { openTo } from '../../../src/ground/addresses/open-to.ts';

it.each([
  ['http://localhost:3000/spring', 'this computer'],
  ['http://go.localhost/spring', 'this computer'],
  ['http://127.0.0.1:3000/spring', 'this computer'],
  ['http://127.1.2.3/', 'this computer'],
  ['http://[::1]:3000/', 'this computer'],
  ['http://0.0.0.0/', 'this computer'],
  ['http://[::ffff:127.0.0.1]/', 'this computer'],
  ['http://10.0.0.7/', 'this network'],
  ['http://192.168.178.20:3000/', 'this network'],
  ['http://172.16.0.1/', 'this network'],
  ['http://169.254.1.1/', 'this network'],
  ['http://100.64.0.1/', 'this network'],
  ['http://[fd00::7]/', 'this network'],
  ['http://[fe80::1]/', 'this network'],
  ['http://server/', 'this network'],
  ['http://Printer.local./', 'this network'],
  ['http://waymark.home.arpa/', 'this network'],
  ['https://links.internal/', 'this network'],
  ['https://go.acme.com/spring', 'everybody'],
  ['https://localhost.acme.com/', 'everybody'],
  ['https://notlocalhost.com/', 'everybody'],
  ['https://go.thelocal/x', 'everybody'],
  ['http://93.184.216.34/', 'everybody'],
  ['http://[2606:2800:220:1::1]/', 'everybody'],
] as const)('%s opens for %s', (url, people) => {
  expect(openTo(url)).toBe(people);
});
