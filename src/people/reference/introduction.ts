/** A chapter before the operations. Its id is its anchor. */
export type Chapter = { id: string; heading: string /** Markdown. */; text: string };

export const lead =
  'Create short links, change them, and read what happened to them. Requests and responses are JSON in UTF-8, and times are ISO 8601 in UTC.';

/** THE list of chapters: the reference shows them, and the description of the API carries them for other programs. */
export const chapters: readonly Chapter[] = [
  {
    id: 'authentication',
    heading: 'Authentication',
    text: `
Send a key of your workspace with every request, in the header \`Authorization: Bearer wm_…\`. Members create keys in the workspace settings, under API keys.

A key can do what the person who created it can do, and stops working when that person leaves the workspace. Treat it like a password: keep it on your servers, and out of web pages, apps and repositories. If a key leaks, delete it. It stops working at once.
`,
  },
  {
    id: 'requests',
    heading: 'Requests and responses',
    text: `
Send bodies as \`application/json\`, up to 1 MB. A property that the API does not know is refused, so that a misspelt name does not go unnoticed. When you change something, send only the properties that change.

Ids are strings. Times look like \`2026-11-22T14:05:00.000Z\`. A value that is not there is \`null\`.
`,
  },
  {
    id: 'errors',
    heading: 'Errors',
    text: `
A request that is refused gets a status of 400 or above and a body of the type \`application/problem+json\` (RFC 9457). Programs should go by \`code\`: it stays the same when sentences are reworded. Show \`detail\` to people. \`field\` names the property or parameter that was refused, and \`requestId\` finds the request in the log of the server.

Any request may get 401, 429, 500 or 503. The other statuses are listed with each request. After 429, 503, and 409 with the code \`busy\`, the same request may succeed a little later.
`,
  },
  {
    id: 'pagination',
    heading: 'Pagination',
    text: `
Links and hits come in pages of up to \`limit\`. While there are more, the response has a \`nextCursor\`: send it as \`cursor\`, with the same filters and order, to get the next page. On the last page it is \`null\`. Other lists come whole.
`,
  },
  {
    id: 'retries',
    heading: 'Retries',
    text: `
If a response got lost, you can send GET, PUT, PATCH and DELETE again. A second DELETE gets 404.

A second POST creates a second thing, unless it carries something that must be unique. A link with the \`slug\` of the first one is refused with 409, and so is a campaign or a view with its \`name\`; a domain that you already have gets 200. So choose the slug yourself where a program may repeat a request.
`,
  },
  {
    id: 'rate-limits',
    heading: 'Rate limits',
    text: `
A workspace can send 600 requests a minute, with all its keys together. \`RateLimit-Remaining\` says how many are left, and \`RateLimit-Reset\` in how many seconds the limit starts again. Beyond it the response is 429, and \`Retry-After\` says how many seconds to wait. Many large reports at the same time may be refused earlier.
`,
  },
  {
    id: 'rules',
    heading: 'Rules',
    text: `
A link leads all visitors to its \`url\`, unless one of its \`routes\` says otherwise. They are asked in their order, and the first whose condition (\`when\`) holds decides: its addresses (\`to\`) split its visitors by weight. Bots and previews meet no rule.

A question names \`what\` it asks: \`country\`, \`continent\`, \`region\`, \`city\`, \`language\`, \`device\`, \`system\`, \`browser\`, \`app\`, \`referrer\`, \`channel\`, \`slug\`, \`domain\` or \`entry\`, each with \`is\` (\`one_of\` or \`none_of\`) and \`values\`, such as \`{"what": "country", "is": "one_of", "values": ["DE", "AT"]}\`. Values are folded when they are saved: \`Germany\` becomes \`DE\`. A language stands for its variants, and a host for those below it. An \`entry\` is \`link\` or \`qr\`.

A \`query\` asks for a parameter (\`name\`) of the short link: \`one_of\`, \`none_of\`, \`given\`, or \`at_least\` a \`number\`. A \`weekday\` has values such as \`mon\`. A \`time\` is \`between\` two times of the day, \`from\` and \`to\`, and may cross midnight. A \`date\` is \`before\` or \`from\` a \`date\`, or \`between\` two. These go by the clocks of \`timeZone\`.

\`{"all": […]}\`, \`{"any": […]}\` and \`{"not": …}\` join conditions, up to 4 in one another. A question about something that is not known, such as the city of somebody who asks not to be tracked, neither holds nor holds negated. A link has up to 20 rules, a rule up to 50 questions and 8 addresses, a question up to 200 values, and all of them 16 kB. A refusal names its place in \`field\`: \`routes[1].when.all[0].values[2]\`.
`,
  },
  {
    id: 'versions',
    heading: 'Versions',
    text: `
This is version 1, as the addresses say: \`/api/v1\`. Its addresses, properties and codes keep their meaning. New ones may be added at any time, so programs should ignore what they do not know.
`,
  },
];

/** All of it as Markdown. */
export const introduction = [lead, ...chapters.map(({ heading, text }) => `## ${heading}\n\n${text.trim()}`)].join(
  '\n\n',
);
