/** A text that other sites copy to report a goal. */
export type Snippet = { id: string; label: string; text: string };

/** THE list of ways to report a goal. */
export const reportingWays = [
  { name: 'server', label: 'Server call' },
  { name: 'postback', label: 'Postback' },
  { name: 'pixel', label: 'Pixel' },
  { name: 'script', label: 'Script' },
] as const;

export type ReportingWay = (typeof reportingWays)[number]['name'];

const example = { externalId: 'order-1042', value: 1250, currency: 'EUR' };

/**
 * A way to report a goal, ready to copy. `CLICK_ID` stands for the id of a click.
 * @param postback its address, for those who may see its secret
 */
export const snippetsOf = (way: ReportingWay, goal: string, appUrl: string, postback: string | null): Snippet[] =>
  writers[way]({ goal, named: encodeURIComponent(goal), appUrl, postback });

type Named = { goal: string; named: string; appUrl: string; postback: string | null };

const writers: Readonly<Record<ReportingWay, (of: Named) => Snippet[]>> = {
  server({ goal, appUrl }) {
    const body = JSON.stringify({ clickId: 'CLICK_ID', goal, ...example }).replaceAll("'", "'\\''");
    const lines = [
      `curl ${appUrl}/api/v1/conversions`,
      `  --header 'Authorization: Bearer wm_…'`,
      `  --header 'Content-Type: application/json'`,
      `  --data '${body}'`,
    ];
    return [{ id: 'curl', label: 'With an API key', text: lines.join(' \\\n') }];
  },
  postback: ({ named, postback }) =>
    postback === null
      ? []
      : [
          {
            id: 'postback',
            label: 'The address to give to the network',
            text: `${postback}?cid=CLICK_ID&goal=${named}&payout=12.50&currency=EUR&txid=order-1042`,
          },
        ],
  pixel: ({ named, appUrl }) => [
    {
      id: 'pixel',
      label: 'On a page that somebody sees after it happened',
      text: `<img src="${appUrl}/px/pixel.gif?cid=CLICK_ID&amp;goal=${named}" width="1" height="1" alt="">`,
    },
  ],
  script: ({ goal, appUrl }) => [
    {
      id: 'script',
      label: 'On a page that somebody sees after it happened',
      text: `<script src="${appUrl}/px/script.js" data-goal="${inAttribute(goal)}" data-click-id="CLICK_ID"></script>`,
    },
    {
      id: 'call',
      label: 'When a button is pressed, where the script is on the page without data-goal',
      // A tag in a script would end it.
      text: `waymark(${JSON.stringify(goal).replaceAll('<', '\\u003c')}, { clickId: 'CLICK_ID', externalId: 'order-1042', value: 1250, currency: 'EUR' })`,
    },
  ],
};

const inAttribute = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
