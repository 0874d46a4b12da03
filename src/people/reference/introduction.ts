/** A chapter before the operations. Its id is its anchor. */
export type Chapter = { id: string; heading: string /** Markdown. */; text: string };

export const lead =
  'Make short links, change them, and read what happened to them. Bodies and answers are JSON in UTF-8, times are ISO 8601 in UTC.';

/** THE list of chapters: the reference shows them, and the description of the API carries them for other programs. */
export const chapters: readonly Chapter[] = [
  {
    id: 'authentication',
    heading: 'Authentication',
    text: `
Every request carries a key of your workspace in the header \`Authorization: Bearer wm_…\`. Members create keys in the workspace settings, under API keys.

A key may do what the person who created it may do, and stops when that person leaves the workspace. It is a secret like a password: keep it on your servers, and out of web pages, apps and repositories. Whoever finds one can be shut out by deleting it.
`,
  },
  {
    id: 'requests',
    heading: 'Requests and answers',
    text: `
Send bodies as \`application/json\`, at most 1 MB. A property that the API does not know is refused, so that a misspelt name does not pass unnoticed. Of a change, send only what is to change.

Ids are strings. A time is written like \`2026-11-22T14:05:00.000Z\`, and \`null\` stands for what is not there.
`,
  },
  {
    id: 'errors',
    heading: 'Errors',
    text: `
A request that is refused is answered with a status from 400 on and a body of the type \`application/problem+json\` (RFC 9457). Let programs go by \`code\`: it stays the same when sentences are reworded. Show \`detail\` to people. \`field\` names the property or parameter that was refused, and \`requestId\` finds the request in the log of the server.

Every request may meet 401, 429 and 503; each operation names the others. After 409 with the code \`busy\`, 429 and 503 the same request may succeed a little later.
`,
  },
  {
    id: 'pages',
    heading: 'Lists in pages',
    text: `
Links and hits come in pages of at most \`limit\`. While there is more, the answer has a \`nextCursor\`: send it as \`cursor\`, with the same filters and order, for the next page. At the end it is \`null\`. Other lists come whole.
`,
  },
  {
    id: 'repeating',
    heading: 'Sending a request again',
    text: `
Where an answer was lost, GET, PUT, PATCH and DELETE may be sent again; a second DELETE is answered with 404. A second POST makes a second thing, unless what has to be unique is in it: a link with the \`slug\` of the first, or a campaign or a view with its \`name\`, is refused with 409, and a domain that you have already is answered with 200. So name the slug where a program may repeat itself.
`,
  },
  {
    id: 'limits',
    heading: 'Limits',
    text: `
A workspace has 600 requests a minute, all its keys together. \`RateLimit-Remaining\` says how many are left, and \`RateLimit-Reset\` in how many seconds they are back. Beyond that the answer is 429, with the seconds to wait in \`Retry-After\`. A workspace that asks for much at the same time may be answered so earlier.
`,
  },
  {
    id: 'versions',
    heading: 'Versions',
    text: `
This is version 1, as the addresses say: \`/api/v1\`. Its addresses, properties and codes keep their meaning. New ones may be added at any time, so let your programs pass over what they do not know.
`,
  },
];

/** All of it as Markdown. */
export const introduction = [lead, ...chapters.map(({ heading, text }) => `## ${heading}\n\n${text.trim()}`)].join(
  '\n\n',
);
