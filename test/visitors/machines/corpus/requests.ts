import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';

export type CorpusRequest = {
  reason: string;
  /** Keys of `readSources`. */
  sources: string[];
  method: string;
  headers: IncomingHttpHeaders;
  /** Where it comes from; a documentation address when the line does not say. */
  address: string;
  isBurst: boolean;
  line: string;
};

/** What a browser sends with a navigation (Fetch Metadata Request Headers, RFC 9110 12.5.4). */
const ofBrowser = {
  accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'accept-language': 'en-US,en;q=0.9',
  'sec-fetch-dest': 'document',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-site': 'cross-site',
  'sec-fetch-user': '?1',
  'upgrade-insecure-requests': '1',
};

const lines = readFileSync(new URL('./requests.tsv', import.meta.url), 'utf8').split('\n');

/** Every request of `requests.tsv`, whose head explains the format. */
export function readCorpus(): CorpusRequest[] {
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map(readLine);
}

/** The sources that the head of `requests.tsv` names: a key, and the public address where a line's request can be seen. */
export function readSources(): Map<string, string> {
  const entries = lines.map((line) => /^# {3}(\S+) +(https:\/\/[\w.-]+\/\S+)/.exec(line));
  return new Map(entries.flatMap((entry) => (entry?.[1] && entry[2] ? [[entry[1], entry[2]]] : [])));
}

function readLine(line: string): CorpusRequest {
  const [reason = '', source = '', userAgent = '', ...extras] = line.split('\t');
  const request: CorpusRequest = {
    reason,
    sources: source.split('+'),
    method: 'GET',
    headers: userAgent === '-' ? {} : { 'user-agent': userAgent },
    address: '192.0.2.1',
    isBurst: false,
    line,
  };
  for (const extra of extras) {
    const colon = extra.indexOf(': ');
    if (extra === '+browser') Object.assign(request.headers, ofBrowser);
    else if (extra === '+burst') request.isBurst = true;
    else if (extra.startsWith('from: ')) request.address = extra.slice(colon + 2);
    else if (colon !== -1) request.headers[extra.slice(0, colon)] = extra.slice(colon + 2);
    else request.method = extra;
  }
  return request;
}
