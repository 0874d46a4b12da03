import { refusalCodes } from '../keys/codes.ts';
import { exampleOf } from './example.ts';
import { type Field, fieldOfParameter, fieldsOf } from './fields.ts';
import { chapters, lead } from './introduction.ts';
import { json, literal } from './literals.ts';
import type { Content, Description, Operation, Schemas } from './openapi.ts';
import { keyPlaceholder, sampleRequestOf } from './sample-request.ts';
import { samplesOf } from './samples.ts';
import { paragraphsOf, type Run, runsOf } from './words.ts';

/** A piece of a sample. Keys stand between pieces. */
type Pieces = readonly string[];

type ShownSample = { language: string; label: string; pieces: Pieces };
type Answer = { status: string; words: Run[]; type: string; fields: Field[]; example: string | undefined };
type Refusal = { status: string; words: Run[] };

export type ShownOperation = {
  /** The anchor, and the name for programs. */
  id: string;
  method: string;
  path: string;
  summary: string;
  paragraphs: Run[][];
  /** In the path and in the query. */
  parameters: { heading: string; fields: Field[] }[];
  body: { type: string; words: Run[]; fields: Field[] } | undefined;
  answers: Answer[];
  refusals: Refusal[];
  samples: ShownSample[];
};

export type Group = { id: string; name: string; words: Run[]; operations: ShownOperation[] };

/** Everything that the page of the reference shows. */
export type Reference = {
  baseUrl: string;
  version: string;
  keyPlaceholder: string;
  lead: Run[];
  chapters: { id: string; heading: string; paragraphs: Run[][] }[];
  problem: { fields: Field[]; example: string };
  groups: Group[];
  codes: { code: string; status: number; words: Run[] }[];
};

/** Reads what the page shows out of the description of the API. */
export function referenceOf(description: Description): Reference {
  const { servers, tags, paths, components, info } = description;
  const { schemas } = components;
  const baseUrl = servers[0]?.url ?? '';
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
  const problem = { $ref: '#/components/schemas/Problem' };
  return {
    baseUrl: `${baseUrl}/api/v1`,
    version: info.version,
    keyPlaceholder,
    lead: runsOf(lead),
    chapters: chapters.map(({ id, heading, text }) => ({ id, heading, paragraphs: paragraphsOf(text) })),
    problem: { fields: fieldsOf(problem, schemas), example: literal(exampleOf(problem, schemas), json) },
    groups: tags.map(({ name, description: words }) => ({
      id: name.toLowerCase(),
      name,
      words: runsOf(words),
      operations: operations
        .filter(({ operation }) => operation.tags[0] === name)
        .map((each) => shownOperation(each, baseUrl, schemas)),
    })),
    codes: refusalCodes.map(({ code, status, words }) => ({ code, status, words: runsOf(words) })),
  };
}

type Found = { method: string; path: string; operation: Operation };

function shownOperation(found: Found, baseUrl: string, schemas: Schemas): ShownOperation {
  const { method, path, operation } = found;
  const { operationId, summary, description = '', parameters = [], responses } = operation;
  const inPlace = (place: 'path' | 'query') =>
    parameters.filter((each) => each.in === place).map((each) => fieldOfParameter(each, schemas));
  const places = [
    { heading: 'Path parameters', fields: inPlace('path') },
    { heading: 'Query parameters', fields: inPlace('query') },
  ];
  const answers = Object.entries(responses);
  const isRefusal = (status: string) => Number(status) >= 400;
  return {
    id: operationId,
    method,
    path,
    summary,
    paragraphs: paragraphsOf(description),
    parameters: places.filter(({ fields }) => fields.length > 0),
    body: bodyOf(operation, schemas),
    answers: answers
      .filter(([status]) => !isRefusal(status))
      .map(([status, response]) => ({
        status,
        words: runsOf(response.description),
        ...answerOf(response.content, schemas),
      })),
    refusals: answers
      .filter(([status]) => isRefusal(status))
      .map(([status, { description: reason }]) => ({ status, words: runsOf(reason) })),
    samples: samplesOf(sampleRequestOf(found, baseUrl, schemas)).map(({ language, label, text }) => ({
      language,
      label,
      pieces: text.split(keyPlaceholder),
    })),
  };
}

function bodyOf({ requestBody }: Operation, schemas: Schemas): ShownOperation['body'] {
  const content = Object.entries(requestBody?.content ?? {});
  const [, media] = content[0] ?? [];
  if (!media) return undefined;
  const words = runsOf(requestBody?.description ?? media.schema.description ?? '');
  return { type: content.map(([type]) => type).join(', '), words, fields: fieldsOf(media.schema, schemas) };
}

function answerOf(content: Content | undefined, schemas: Schemas): Pick<Answer, 'type' | 'fields' | 'example'> {
  const [type, media] = Object.entries(content ?? {})[0] ?? [];
  if (type === undefined || !media) return { type: '', fields: [], example: undefined };
  if (type !== 'application/json') return { type, fields: [], example: undefined };
  return {
    type,
    fields: fieldsOf(media.schema, schemas),
    example: literal(exampleOf(media.schema, schemas), json),
  };
}
