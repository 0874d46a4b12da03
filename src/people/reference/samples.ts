import { javaScript, json, literal, python } from './literals.ts';
import type { SampleRequest } from './sample-request.ts';

/** A request in the words of one language. It runs as it stands, once a key is in it. */
export type Sample = { language: string; label: string; text: string };

/** THE list of languages, in the order of the tabs. */
const writers = [
  { language: 'curl', label: 'curl', write: curlOf },
  { language: 'javascript', label: 'JavaScript', write: javaScriptOf },
  { language: 'python', label: 'Python', write: pythonOf },
];

export const samplesOf = (request: SampleRequest): Sample[] =>
  writers.map(({ language, label, write }) => ({ language, label, text: write(request) }));

/** Words for a POSIX shell: between single quotation marks nothing means anything but itself. */
const shellQuoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

/** For the command line. A body makes a POST by itself. */
export function curlOf({ method, url, headers, body, answer }: SampleRequest): string {
  const isUsual = method === (body ? 'POST' : 'GET');
  const options = headers.map(([name, value]) => `--header ${shellQuoted(`${name}: ${value}`)}`);
  if (body && 'json' in body) options.push(`--data ${shellQuoted(literal(body.json, json))}`);
  if (body && 'file' in body) options.push(`--data-binary @${body.file}`);
  if (typeof answer === 'object') options.push(`--output ${answer.file}`);
  return [`curl ${isUsual ? '' : `--request ${method} `}${shellQuoted(url)}`, ...options].join(' \\\n  ');
}

/** For Node, Deno, Bun and browsers: a module, which waits for its answer. */
export function javaScriptOf({ method, url, headers, body, answer }: SampleRequest): string {
  const text = (value: string) => javaScript.text(value);
  const lines: string[] = [];
  const files = [...(body && 'file' in body ? ['readFile'] : []), ...(typeof answer === 'object' ? ['writeFile'] : [])];
  if (files.length > 0) lines.push(`import { ${files.join(', ')} } from 'node:fs/promises';`, '');
  lines.push(`const response = await fetch(${text(url)}, {`);
  if (method !== 'GET') lines.push(`  method: ${text(method)},`);
  lines.push(`  headers: ${literal(Object.fromEntries(headers), javaScript, 1)},`);
  if (body && 'json' in body) lines.push(`  body: JSON.stringify(${literal(body.json, javaScript, 1)}),`);
  if (body && 'file' in body) lines.push(`  body: await readFile(${text(body.file)}),`);
  lines.push('});', 'if (!response.ok) throw new Error(await response.text());');
  if (answer === 'json') lines.push('console.log(await response.json());');
  else if (answer === 'nothing') lines.push('console.log(response.status);');
  else lines.push(`await writeFile(${text(answer.file)}, Buffer.from(await response.arrayBuffer()));`);
  return lines.join('\n');
}

/** For Python 3 as it is installed: its own library sends the request. */
export function pythonOf({ method, url, headers, body, answer }: SampleRequest): string {
  const text = (value: string) => python.text(value);
  const lines = [
    ...(answer === 'json' || (body && 'json' in body) ? ['import json'] : []),
    'from urllib.request import Request, urlopen',
    '',
    'request = Request(',
    `    ${text(url)},`,
    ...(method === 'GET' ? [] : [`    method=${text(method)},`]),
    `    headers=${literal(Object.fromEntries(headers), python, 1)},`,
  ];
  if (body && 'json' in body) lines.push(`    data=json.dumps(${literal(body.json, python, 1)}).encode(),`);
  if (body && 'file' in body) lines.push(`    data=open(${text(body.file)}, "rb").read(),`);
  lines.push(')');
  if (answer === 'json') lines.push('with urlopen(request) as response:', '    print(json.load(response))');
  else if (answer === 'nothing') lines.push('with urlopen(request) as response:', '    print(response.status)');
  else
    lines.push(
      `with urlopen(request) as response, open(${text(answer.file)}, "wb") as file:`,
      '    file.write(response.read())',
    );
  return lines.join('\n');
}
