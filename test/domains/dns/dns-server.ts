import { createServer, Packet } from 'dns2';
import { freePort } from '../../setup/free-port.ts';

/** A zone file in short: "TYPE name" to values, such as { 'TXT _waymark.go.acme.com': ['waymark-verify=…'] }. */
export type Zone = Record<string, string[]>;

export type DnsServer = {
  /** `127.0.0.1:port`, for DNS_SERVERS and openDns. */
  address: string;
  /** Change it at will; what is not in it does not exist. */
  zone: Zone;
  /** Names below these get SERVFAIL. */
  broken: Set<string>;
  /** How long answers are held back, in milliseconds. */
  delay: { ms: number };
  /** All questions that came, as in a zone: 'TXT _waymark.go.acme.com'. */
  questions: string[];
  close(): Promise<void>;
};

type Kind = 'A' | 'AAAA' | 'CNAME' | 'NS' | 'TXT' | 'CAA';
const kinds: readonly Kind[] = ['A', 'AAAA', 'CNAME', 'NS', 'TXT', 'CAA'];

/** A real DNS server on 127.0.0.1, over UDP and TCP. It follows aliases as recursive servers do. */
export async function startDnsServer(zone: Zone = {}): Promise<DnsServer> {
  const broken = new Set<string>();
  const delay = { ms: 0 };
  const questions: string[] = [];
  const server = createServer({
    udp: true,
    tcp: true,
    handle(request, send) {
      const response = Packet.createResponseFromRequest(request);
      response.header.ra = 1;
      const [question] = request.questions;
      const kind = kinds.find((each) => Packet.TYPE[each] === question?.type);
      const asked = question?.name.toLowerCase() ?? '';
      questions.push(`${kind} ${asked}`);
      const isThere = Object.keys(zone).some((key) => key.endsWith(` ${asked}`));
      const isBroken = [...broken].some((end) => asked === end || asked.endsWith(`.${end}`));
      if (kind && !isBroken) response.answers = answersTo(asked, kind, zone) as typeof response.answers;
      if (isBroken) response.header.rcode = Packet.RCODE.SERVFAIL;
      else if (response.answers.length === 0 && !isThere) response.header.rcode = Packet.RCODE.NXDOMAIN;
      if (delay.ms === 0) void send(response);
      // By then the test may be over and the server closed.
      else setTimeout(() => void Promise.resolve(send(response)).catch(() => {}), delay.ms);
    },
  });
  const port = await freePort();
  const at = { port, address: '127.0.0.1' };
  await server.listen({ udp: at, tcp: at });
  return {
    address: `127.0.0.1:${port}`,
    zone,
    broken,
    delay,
    questions,
    close: () => server.close(),
  };
}

function answersTo(asked: string, kind: Kind, zone: Zone): object[] {
  const answers: object[] = [];
  for (let name = asked; answers.length < 10; ) {
    for (const value of zone[`${kind} ${name}`] ?? []) answers.push(record(name, kind, value));
    const [alias] = kind === 'CNAME' ? [] : (zone[`CNAME ${name}`] ?? []);
    if (alias === undefined) break;
    answers.push(record(name, 'CNAME', alias));
    name = alias;
  }
  return answers;
}

function record(name: string, kind: Kind, value: string): object {
  const base = { name, type: Packet.TYPE[kind], class: Packet.CLASS.IN, ttl: 60 };
  if (kind === 'A' || kind === 'AAAA') return { ...base, address: value };
  if (kind === 'CNAME') return { ...base, domain: value };
  if (kind === 'NS') return { ...base, ns: value };
  // One string of a TXT record has at most 255 octets.
  if (kind === 'TXT') return { ...base, data: value.match(/.{1,255}/gs) ?? [''] };
  const [flags, tag, issuer = ''] = value.split(' ');
  return { ...base, flags: Number(flags), tag, value: issuer.replaceAll('"', '') };
}
