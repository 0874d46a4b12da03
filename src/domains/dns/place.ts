import { isIP } from 'node:net';
import type { Config } from '../../config.ts';
import { isPublic } from '../../ground/addresses/network.ts';
import type { DnsTarget } from './diagnosis.ts';

/** The server that custom domains point at, and the hosts that cannot be claimed. */
export type DomainPlace = DnsTarget & {
  ownHosts: ReadonlySet<string>;
  scheme: 'http' | 'https';
  /** The port of HTTPS. */
  port: number;
  /** The dashboard lives on this machine or in a private network, so what is private is no secret of others. */
  isPrivate: boolean;
};

/** Custom domains are served as the instance's own short host is. */
export function targetOf({ appUrl, shortUrl }: Pick<Config, 'appUrl' | 'shortUrl'>): DomainPlace {
  const [app, short] = [new URL(appUrl), new URL(shortUrl)];
  const isHttps = short.protocol === 'https:';
  return {
    // An IPv6 address stands in brackets there.
    target: short.hostname.replace(/^\[(.*)\]$/, '$1'),
    isHttps,
    ownHosts: new Set([app.hostname, short.hostname]),
    scheme: isHttps ? 'https' : 'http',
    port: Number(short.port || 443),
    isPrivate: isPrivateName(app.hostname),
  };
}

function isPrivateName(hostname: string): boolean {
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(address) === 0 ? /(^|\.)localhost$/.test(hostname) : !isPublic(address);
}
