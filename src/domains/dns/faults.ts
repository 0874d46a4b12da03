import { shortened } from '../../ground/text/shortened.ts';

/** Codes of faults, for programs. They stay the same when sentences are reworded. */
export type FaultCode =
  | 'txt_missing'
  | 'txt_wrong'
  | 'target_missing'
  | 'target_wrong'
  | 'aaaa_left_behind'
  | 'caa_forbids'
  | 'proxied'
  | 'not_propagated'
  | 'dns_unreachable'
  | 'tls_pending'
  | 'tls_foreign'
  | 'tls_silent';

export type Fault = {
  code: FaultCode;
  /**
   * `blocks`: a domain neither starts nor stays with it. `harms`: it does not start, but one that is live goes on.
   * `note`: it works. `unknown`: nothing could be found out, so nothing is decided.
   */
  weight: 'blocks' | 'harms' | 'note' | 'unknown';
  /** The fault, and what to do about it. */
  says: string;
  next: string;
};

/** The records that a domain needs. */
export type Wanted = {
  host: string;
  proof: { name: string; value: string };
  /** Our short host, and where it is; an apex domain points at the addresses. */
  target: string;
  addresses: readonly string[];
  isApex: boolean;
};

/** In a few words, for lists. */
export const faultTitles: Readonly<Record<FaultCode, string>> = {
  txt_missing: 'TXT record missing',
  txt_wrong: 'TXT record says something else',
  target_missing: 'Does not point anywhere',
  target_wrong: 'Points somewhere else',
  aaaa_left_behind: 'IPv6 address left behind',
  caa_forbids: 'CAA record forbids certificates',
  proxied: 'Behind a CDN',
  not_propagated: 'Not known everywhere yet',
  dns_unreachable: 'DNS does not answer',
  tls_pending: 'Certificate not there yet',
  tls_foreign: 'Certificate that browsers refuse',
  tls_silent: 'HTTPS does not answer',
};

/** The certificate authorities that Caddy asks by default, as CAA records name them (RFC 8659, 4.2). */
export const certificateAuthorities: readonly string[] = ['letsencrypt.org', 'sectigo.com'];

export const faults = {
  txtMissing: ({ proof }: Wanted): Fault => ({
    code: 'txt_missing',
    weight: 'blocks',
    says: `There is no TXT record at ${proof.name}.`,
    next: `Add one with the value ${proof.value}. It shows that the domain is yours.`,
  }),

  txtWrong: ({ proof }: Wanted, there: readonly string[]): Fault => ({
    code: 'txt_wrong',
    weight: 'blocks',
    says: `The TXT record at ${proof.name} says ${quoted(there)}.`,
    next: `Set it to ${proof.value}, or add a second one: a name may have several.`,
  }),

  targetMissing: (wanted: Wanted): Fault => ({
    code: 'target_missing',
    weight: 'blocks',
    says: `${wanted.host} does not point anywhere.`,
    next: `Add ${recordWords(wanted)}.`,
  }),

  targetWrong: (wanted: Wanted, there: readonly string[]): Fault => ({
    code: 'target_wrong',
    weight: 'blocks',
    says: `${wanted.host} points to ${listed(there)}, which is not this server.`,
    next: `Change it to ${recordWords(wanted)}.`,
  }),

  aaaaLeftBehind: ({ host, addresses }: Wanted, there: readonly string[]): Fault => {
    const ours = addresses.filter((address) => address.includes(':'));
    return {
      code: 'aaaa_left_behind',
      weight: 'harms',
      says: `${host} is right for IPv4, but its AAAA record still says ${listed(there)}. Visitors with IPv6 end there.`,
      next: ours.length > 0 ? `Change the AAAA record to ${listed(ours)}.` : 'Delete the AAAA record.',
    };
  },

  caaForbids: (at: string, allowed: readonly string[]): Fault => ({
    code: 'caa_forbids',
    weight: 'harms',
    says: `A CAA record at ${at} allows certificates from ${allowed.length > 0 ? listed(allowed) : 'nobody'} only.`,
    next: `Add a CAA record at ${at}: 0 issue "${certificateAuthorities[0]}". Without a certificate, links do not open over HTTPS.`,
  }),

  proxied: ({ host, target }: Wanted, through: string): Fault => ({
    code: 'proxied',
    weight: 'note',
    says: `${host} is behind ${through}. That works.`,
    next: `Make ${target} its origin and let it pass the Host header on unchanged. On Cloudflare, choose the TLS mode Full (strict). Name its addresses in TRUST_PROXY, so that visitors are told apart.`,
  }),

  notPropagated: ({ host }: Wanted): Fault => ({
    code: 'not_propagated',
    weight: 'note',
    says: `The name servers of ${host} have the records, but not everybody knows them yet.`,
    next: 'There is nothing to do. Old answers are forgotten within minutes, at most in a day or two.',
  }),

  dnsUnreachable: ({ host }: Wanted): Fault => ({
    code: 'dns_unreachable',
    weight: 'unknown',
    says: `DNS does not answer questions about ${host} right now.`,
    next: 'Check again in a few minutes. If nothing changes, check that the name servers of the domain are set and running.',
  }),

  tlsPending: (host: string): Fault => ({
    code: 'tls_pending',
    weight: 'harms',
    says: `The records of ${host} are right, but its certificate is not there yet.`,
    next: 'It is being fetched, which takes up to a minute; then links open over HTTPS. If nothing changes, ask the people who run this server to look into the log of its proxy, such as Caddy.',
  }),

  tlsForeign: (host: string): Fault => ({
    code: 'tls_foreign',
    weight: 'harms',
    says: `The records of ${host} are right, but browsers refuse the certificate that is there.`,
    next: 'It is out of date, for another name, or from an unknown authority. Ask the people who run this server, or the CDN in front of it, to set the right one.',
  }),

  tlsSilent: (host: string, port: number): Fault => ({
    code: 'tls_silent',
    weight: 'unknown',
    says: `The records of ${host} are right, but nothing answers this server at port ${port} there.`,
    next: 'Open a link of it in a browser. If that works, all is well: some networks do not let a server reach itself by its public name. If not, ask the people who run this server whether the port is open.',
  }),
};

function recordWords({ target, addresses, isApex }: Wanted): string {
  if (!isApex) return `a CNAME record that points to ${target}`;
  const records = addresses.map((address) => `${address.includes(':') ? 'AAAA' : 'A'} ${address}`);
  if (records.length === 0) return `an ALIAS or ANAME record that points to ${target}`;
  return `${records.length === 1 ? 'the record' : 'the records'} ${listed(records)}`;
}

const short = (text: string): string => shortened(text, 80);
const listed = (texts: readonly string[]): string => texts.slice(0, 4).map(short).join(', ');
const quoted = (texts: readonly string[]): string => listed(texts.map((text) => `“${short(text)}”`));
