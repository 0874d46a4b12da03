/**
 * How the agents of browsers look: pure rules over a shape (agent-shape.ts), asked where no bot gave its name.
 * Sources of the phrases: test/visitors/machines/corpus/requests.tsv and the public lists that `npm run lists:machines` reads.
 */

/** Engines and platforms of which at least one stands in the agent of every browser that calls itself Mozilla. */
const engine =
  /applewebkit|chrome\/|firefox\/|safari\/|webkit|gecko|khtml|msie|trident|presto|netfront|opera|playstation|psp |nintendo|blackberry|symbianos|windows ce|brew |mozilla\/0 \[|polaris|obigo|ladybird|servo\/|mosaic|links \(/i;

/** An agent that says where to read about it is a bot's. */
const address = /https?:|www\.|compatible;|@[\w-]+\.\w/i;

/** Browsers of people that begin with neither Mozilla/ nor Opera/: text browsers, UC and QQ, phones with keys. */
const unlikeMozilla = new RegExp(
  [
    '^(?:[de]?links|lynx|dillo|netsurf|w0m|retawq|amaya|offbyone|ibrowse|icab|cyberdog|wannabe|sleipnir|avant browser|ice browser)\\b',
    '^(?:ucweb|uc browser|ucbrowser|juc|jucwweb|mqqbrowser|maui|dorado|obigo|teleca|doris|netfront|polaris|openwave|up\\.browser|bunjalloo)',
    '^(?:nokia|samsung|sec-|sonyericsson|sony|blackberry|lg[ -]|lge|mot-|motorola|alcatel|sagem|sie-|siemens|panasonic|sharp|philips|sanyo|kyocera|benq)',
    '^(?:htc|huawei|zte|lenovo|tecno|itel|micromax|karbonn|lava|spice|fly|ktouch|k-touch|coolpad|gionee|tcl|oppo|vivo|pantech|palm|qtek|toshiba|hp)[ _-]?\\w*[/ _-]',
    '^(?:docomo|kddi|j-phone|vodafone|softbank|portalmmm)[/-]',
    '(?:profile\\/midp|configuration\\/cldc)-',
  ].join('|'),
  'i',
);

/** Old Opera names its place first; some phones and apps put their name before the Mozilla of their browser. */
const prefixed = /^["'=]?(?:0 )?opera\/0|^[^()]{0,60}(?:\([^()]*\) ?)?mozilla\/0(?![\w.])/i;

/** True for the built-in browser of an app, and for any other browser with an engine: only there an app's word counts. */
export function isWebView(shape: string): boolean {
  return prefixed.test(shape) && engine.test(shape) && !address.test(shape);
}

/** True for a browser of people that does not call itself Mozilla. */
export function isUnlikeMozilla(shape: string): boolean {
  return unlikeMozilla.test(shape) && !address.test(shape);
}

/** True where an agent calls itself Mozilla and names no engine: no browser of the last twenty years does. */
export function lacksEngine(shape: string): boolean {
  return prefixed.test(shape) && !engine.test(shape);
}

/** True where an agent calls itself Mozilla or Opera, as all browsers but `isUnlikeMozilla` do. */
export function callsItselfBrowser(shape: string): boolean {
  return prefixed.test(shape);
}
