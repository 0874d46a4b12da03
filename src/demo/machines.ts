import type { IncomingHttpHeaders } from 'node:http';
import type { Weighted } from './random.ts';

type Machine = { userAgent: string; method?: 'HEAD'; headers?: IncomingHttpHeaders };

const bot = (name: string) => `Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ${name})`;
const chrome =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';
const phoneChrome =
  'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36';
const macSafari =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15';

/** Machines that ask for short links: previews, crawlers, scanners, prefetches, tools. */
export const machines: Weighted<Machine> = [
  [16, { userAgent: 'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)' }],
  [11, { userAgent: 'WhatsApp/2.25.34.77 A' }],
  [9, { userAgent: 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)' }],
  [7, { userAgent: 'Twitterbot/1.0' }],
  [6, { userAgent: 'TelegramBot (like TwitterBot)' }],
  [6, { userAgent: 'LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)' }],
  [5, { userAgent: 'Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)' }],
  [
    5,
    {
      userAgent:
        'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0',
    },
  ],
  [3, { userAgent: 'Mozilla/5.0 (compatible; MSTeams)' }],
  [2, { userAgent: 'Mozilla/5.0 (compatible; Bluesky Cardyb/1.1; +mailto:support@bsky.app)' }],
  [2, { userAgent: 'Mastodon/4.4.8 (http.rb/5.3.1; +https://mastodon.social/)' }],
  [12, { userAgent: 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)' }],
  [6, { userAgent: bot('bingbot/2.0; +http://www.bing.com/bingbot.htm') }],
  [6, { userAgent: bot('GPTBot/1.3; +https://openai.com/gptbot') }],
  [4, { userAgent: bot('ClaudeBot/1.0; +claudebot@anthropic.com') }],
  [3, { userAgent: bot('PerplexityBot/1.0; +https://perplexity.ai/perplexitybot') }],
  [4, { userAgent: bot('Amazonbot/0.1; +https://developer.amazon.com/support/amazonbot') }],
  [4, { userAgent: 'Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)' }],
  [3, { userAgent: 'Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)' }],
  [3, { userAgent: `${macSafari} (Applebot/0.1; +http://www.apple.com/go/applebot)` }],
  [2, { userAgent: 'Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)' }],
  [4, { userAgent: 'Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)', method: 'HEAD' }],
  [2, { userAgent: 'Mozilla/5.0 (compatible; CensysInspect/1.1; +https://about.censys.io/)' }],
  [2, { userAgent: 'Barracuda Sentinel (EE)' }],
  [6, { userAgent: chrome, headers: { 'sec-purpose': 'prefetch;prerender' } }],
  [4, { userAgent: phoneChrome, headers: { 'sec-purpose': 'prefetch' } }],
  [2, { userAgent: macSafari, headers: { 'x-purpose': 'preview' } }],
  [4, { userAgent: chrome, method: 'HEAD' }],
  [4, { userAgent: 'curl/8.14.1' }],
  [4, { userAgent: 'python-requests/2.32.5' }],
  [3, { userAgent: 'Go-http-client/1.1' }],
  [2, { userAgent: 'okhttp/4.12.0' }],
  [2, { userAgent: '' }],
];
