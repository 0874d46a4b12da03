export const spreadLinks = 10_000;
const distinctAgents = 100_000;

const chrome = (version: number) =>
  `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 Safari/537.36`;
const bots = ['Googlebot/2.1', 'Slackbot-LinkExpanding 1.0', 'curl/8.5.0', 'GPTBot/1.2', 'WhatsApp/2.23.20.0'];
const bot = (n: number) => bots[(n >> 1) % bots.length] ?? '';

/** A visit as a browser sends it, with more lines of its head. */
export const get = (path: string, port: number, agent = chrome(141), more = '') =>
  `GET ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nUser-Agent: ${agent}\r\nAccept: text/html,*/*;q=0.8\r\nAccept-Language: de-DE,de;q=0.9,en;q=0.8\r\nReferer: https://www.google.com/\r\n${more}\r\n`;

/** 200,000 visitors at home in Germany, in an order without a pattern. */
const distinctVisitors = 200_000;
const addressOf = (n: number) => {
  const nth = (n * 104_729) % distinctVisitors;
  return `84.${128 + (nth >> 16)}.${(nth >> 8) & 255}.${nth & 255}`;
};

/** The request number `n` of a server on a port, by what is special about it. */
export const visits = {
  hot: (port: number) => () => get('/bench-0', port),
  spread: (port: number) => (n: number) => get(`/bench-${(n * 7_919) % spreadLinks}`, port),
  visitors: (port: number) => (n: number) =>
    get(`/many-${(n * 7_919) % spreadLinks}`, port, chrome(141), `X-Forwarded-For: ${addressOf(n)}\r\n`),
  agents: (port: number) => (n: number) => get('/bench-0', port, chrome(n % distinctAgents)),
  bots: (port: number) => (n: number) => get('/bench-0', port, n % 2 ? chrome(141) : bot(n)),
};

export type Visits = keyof typeof visits;
