import { exampleOf } from './example.ts';
import type { Operation, Parameter, Schemas } from './openapi.ts';

/** Stands in samples where a key belongs. */
export const keyPlaceholder = 'wm_YOUR_KEY';

/** A request as the samples of every language make it. */
export type SampleRequest = {
  method: string;
  url: string;
  headers: [name: string, value: string][];
  /** A value that is sent as JSON, or the name of a file that is sent as it is. */
  body: { json: unknown } | { file: string } | undefined;
  /** The answer: JSON, a file to keep under this name, or nothing. */
  answer: 'json' | 'nothing' | { file: string };
};

/** @param baseUrl the address of the server, without a slash at its end */
export function sampleRequestOf(
  { method, path, operation }: { method: string; path: string; operation: Operation },
  baseUrl: string,
  schemas: Schemas,
): SampleRequest {
  const parameters = operation.parameters ?? [];
  const { type, body } = bodyOf(operation, schemas);
  return {
    method,
    url: baseUrl + filled(path, parameters) + queryOf(parameters),
    headers: [
      ['Authorization', `Bearer ${keyPlaceholder}`],
      ...(type === undefined ? [] : [['Content-Type', type] satisfies [string, string]]),
    ],
    body,
    answer: answerOf(operation, path),
  };
}

const isSample = ({ example }: Parameter) => example !== undefined;

/** A path with the examples of its parameters in it; one without an example stays as it is, in braces. */
const filled = (path: string, parameters: readonly Parameter[]) =>
  parameters
    .filter((each) => each.in === 'path' && isSample(each))
    .reduce((text, { name, example }) => text.replace(`{${name}}`, String(example)), path);

/** The query of a sample: the parameters that have an example. */
function queryOf(parameters: readonly Parameter[]): string {
  const pairs = parameters
    .filter((each) => each.in === 'query' && isSample(each))
    .map(({ name, example }) => `${name}=${encodeURIComponent(String(example)).replaceAll('%3A', ':')}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function bodyOf({ requestBody }: Operation, schemas: Schemas): { type?: string; body: SampleRequest['body'] } {
  const [type, media] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  if (type === undefined || !media) return { body: undefined };
  const isJson = type === 'application/json';
  const value = () => media.example ?? exampleOf(media.schema, schemas, true);
  return { type, body: isJson ? { json: value() } : { file: `logo.${type.split('/')[1]}` } };
}

/** A file goes by the last word of its address, such as qr.png. */
function answerOf({ responses }: Operation, path: string): SampleRequest['answer'] {
  const [, response] = Object.entries(responses).find(([status]) => status.startsWith('2')) ?? [];
  const [type] = Object.keys(response?.content ?? {});
  if (type === undefined) return 'nothing';
  return type === 'application/json' ? 'json' : { file: path.slice(path.lastIndexOf('/') + 1) };
}
