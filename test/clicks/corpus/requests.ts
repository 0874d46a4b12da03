import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';

export type CorpusRequest = { reason: string; method: string; headers: IncomingHttpHeaders; line: string };

/** Every request of `requests.tsv`, whose head explains the format. */
export function readCorpus(): CorpusRequest[] {
  const lines = readFileSync(new URL('./requests.tsv', import.meta.url), 'utf8').split('\n');
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map(readLine);
}

function readLine(line: string): CorpusRequest {
  const [reason = '', userAgent = '', extra = ''] = line.split('\t');
  const headers: IncomingHttpHeaders = userAgent === '-' ? {} : { 'user-agent': userAgent };
  const colon = extra.indexOf(': ');
  if (colon !== -1) headers[extra.slice(0, colon)] = extra.slice(colon + 2);
  return { reason, method: extra === 'HEAD' ? 'HEAD' : 'GET', headers, line };
}
