/** A text that other sites copy to report a goal. */
export type Snippet = { id: string; label: string; text: string };

const example = { externalId: 'order-1042', value: 1250, currency: 'EUR' };

/**
 * Ways to report a goal, ready to copy. `CLICK_ID` stands for the id of a click.
 * @param postback its address, for those who may see its secret
 */
export function snippetsOf(goal: string, appUrl: string, postback: string | null): Snippet[] {
  const named = encodeURIComponent(goal);
  // A tag in a script would end it.
  const inScript = JSON.stringify(goal).replaceAll('<', '\\u003c');
  const body = JSON.stringify({ clickId: 'CLICK_ID', goal, ...example }).replaceAll("'", "'\\''");
  return [
    {
      id: 'script',
      label: 'Script, on a page that somebody sees after it happened',
      text: `<script src="${appUrl}/px/script.js" data-goal="${inAttribute(goal)}" data-click-id="CLICK_ID"></script>`,
    },
    {
      id: 'call',
      label: 'The same when a button is pressed, where the script is on the page without data-goal',
      text: `waymark(${inScript}, { clickId: 'CLICK_ID', externalId: 'order-1042', value: 1250, currency: 'EUR' })`,
    },
    {
      id: 'pixel',
      label: 'Pixel, where no script may run',
      text: `<img src="${appUrl}/px/pixel.gif?cid=CLICK_ID&amp;goal=${named}" width="1" height="1" alt="">`,
    },
    ...(postback === null
      ? []
      : [
          {
            id: 'postback',
            label: 'Postback, for networks. Its address holds a secret: give it to nobody else',
            text: `${postback}?cid=CLICK_ID&goal=${named}&payout=12.50&currency=EUR&txid=order-1042`,
          },
        ]),
    {
      id: 'curl',
      label: 'Call of your own server, with an API key',
      text: [
        `curl ${appUrl}/api/v1/conversions`,
        `  --header 'Authorization: Bearer wm_…'`,
        `  --header 'Content-Type: application/json'`,
        `  --data '${body}'`,
      ].join(' \\\n'),
    },
  ];
}

const inAttribute = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
