import { describe, expect, it } from 'vitest';
import { javaScript, json, literal, python } from '../../../src/people/reference/literals.ts';
import type { Operation } from '../../../src/people/reference/openapi.ts';
import { sampleRequestOf } from '../../../src/people/reference/sample-request.ts';
import { curlOf, javaScriptOf, pythonOf } from '../../../src/people/reference/samples.ts';

const create: Operation = {
  operationId: 'createNote',
  summary: 'Create a note',
  tags: ['Notes'],
  parameters: [
    { name: 'id', in: 'path', required: true, example: 'V7mQ', schema: { type: 'string' } },
    { name: 'by', in: 'query', example: 'device:is:mobile & more', schema: { type: 'string' } },
    { name: 'cursor', in: 'query', schema: { type: 'string' } },
  ],
  requestBody: {
    content: {
      'application/json': {
        schema: {
          type: 'object',
          required: ['text'],
          properties: {
            text: { type: 'string', examples: ['It\'s "new"\n'] },
            isOpen: { type: 'boolean' },
            ends: { type: ['string', 'null'], examples: [null] },
          },
        },
      },
    },
  },
  responses: { 201: { description: 'It.', content: { 'application/json': { schema: { type: 'object' } } } } },
};

const requestOf = (operation: Operation, method = 'POST') =>
  sampleRequestOf({ method, path: '/api/v1/links/{id}/notes', operation }, 'https://app.example.com', {});

describe('the sample of an operation', () => {
  it('has the examples of its parameters and of its body, and leaves out the rest', () => {
    expect(requestOf(create)).toEqual({
      method: 'POST',
      url: 'https://app.example.com/api/v1/links/V7mQ/notes?by=device:is:mobile%20%26%20more',
      headers: [
        ['Authorization', 'Bearer wm_YOUR_KEY'],
        ['Content-Type', 'application/json'],
      ],
      body: { json: { text: 'It\'s "new"\n', ends: null } },
      answer: 'json',
    });
  });

  it('is a command for a shell', () => {
    expect(
      curlOf(requestOf(create)),
    ).toBe(`curl 'https://app.example.com/api/v1/links/V7mQ/notes?by=device:is:mobile%20%26%20more' \\
  --header 'Authorization: Bearer wm_YOUR_KEY' \\
  --header 'Content-Type: application/json' \\
  --data '{
  "text": "It'\\''s \\"new\\"\\n",
  "ends": null
}'`);
  });

  it('is a module of JavaScript', () => {
    expect(
      javaScriptOf(requestOf(create)),
    ).toBe(`const response = await fetch('https://app.example.com/api/v1/links/V7mQ/notes?by=device:is:mobile%20%26%20more', {
  method: 'POST',
  headers: {
    Authorization: 'Bearer wm_YOUR_KEY',
    'Content-Type': 'application/json',
  },
  body: JSON.stringify({
    text: 'It\\'s "new"\\n',
    ends: null,
  }),
});
if (!response.ok) throw new Error(await response.text());
console.log(await response.json());`);
  });

  it('is a program of Python', () => {
    expect(pythonOf(requestOf(create))).toBe(`import json
from urllib.request import Request, urlopen

request = Request(
    "https://app.example.com/api/v1/links/V7mQ/notes?by=device:is:mobile%20%26%20more",
    method="POST",
    headers={
        "Authorization": "Bearer wm_YOUR_KEY",
        "Content-Type": "application/json",
    },
    data=json.dumps({
        "text": "It's \\"new\\"\\n",
        "ends": None,
    }).encode(),
)
with urlopen(request) as response:
    print(json.load(response))`);
  });

  it('keeps a file that comes, and sends a file that is asked for', () => {
    const { requestBody: _none, ...picture } = create;
    const got = sampleRequestOf(
      {
        method: 'GET',
        path: '/qr.png',
        operation: {
          ...picture,
          parameters: [],
          responses: { 200: { description: 'It.', content: { 'image/png': { schema: { type: 'string' } } } } },
        },
      },
      'https://a.example',
      {},
    );
    expect(curlOf(got)).toContain("curl 'https://a.example/qr.png' \\\n");
    expect(curlOf(got)).toContain('--output qr.png');
    expect(javaScriptOf(got)).toContain("await writeFile('qr.png', Buffer.from(await response.arrayBuffer()));");
    expect(pythonOf(got)).toContain('open("qr.png", "wb")');
    const sent = requestOf(
      {
        ...create,
        requestBody: { content: { 'image/png': { schema: { type: 'string', format: 'binary' } } } },
        responses: { 204: { description: 'It.' } },
      },
      'PUT',
    );
    expect(curlOf(sent)).toContain('--request PUT');
    expect(curlOf(sent)).toContain('--data-binary @logo.png');
    expect(javaScriptOf(sent)).toContain("body: await readFile('logo.png')");
    expect(pythonOf(sent)).toContain('data=open("logo.png", "rb").read()');
    expect(pythonOf(sent)).not.toContain('import json');
  });
});

it.each([
  [{ a: [], 'b-c': {} }, '{\n  "a": [],\n  "b-c": {}\n}', "{\n  a: [],\n  'b-c': {},\n}"],
  [['x', 'y'], '["x", "y"]', "['x', 'y']"],
  [[{ deep: [true, null] }], '[\n  {\n    "deep": [true, null]\n  }\n]', '[\n  {\n    deep: [true, null],\n  },\n]'],
  ['a\\b "c" \'d\'', '"a\\\\b \\"c\\" \'d\'"', "'a\\\\b \"c\" \\'d\\''"],
  [1.5, '1.5', '1.5'],
])('%j is written as JSON and as JavaScript', (value, asJson, asJavaScript) => {
  expect(literal(value, json)).toBe(asJson);
  expect(JSON.parse(literal(value, json))).toEqual(value);
  expect(literal(value, javaScript)).toBe(asJavaScript);
});

it('true, false and null have names of their own in Python', () => {
  expect(literal([true, false, null], python)).toBe('[True, False, None]');
});
