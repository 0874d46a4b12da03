import { isbot } from 'isbot';

/** The brackets in which an agent names a device that runs Android or one of its kin. */
const deviceBrackets =
  /\((?:linux; )?(?:u; )?(?:arm_0; )?(?:andr[o0]id|harmonyos|tizen|openharmony)\b[^()]*(?:\([^()]*\)[^()]*)*\)/i;

/** A part of the brackets that a maker of devices wrote: no program with a version, and nowhere to read about it. */
const plainPart = /^[^/@]*$|^[^/@]*\bbuild\/[^@]*$/i;

/** Programs that put their name where the device stands. */
const namedAsDevice = /catchpoint|neustar|screenshot|compatible|https?:|google-|headless/i;

/**
 * A shape without the name of its device: people own phones called "Discovery", "Spider" and "M bot".
 * Parts of the brackets that read as a program stay.
 */
export function withoutDevice(shape: string): string {
  return shape.replace(deviceBrackets, (brackets) => {
    const [system = '', ...parts] = brackets.slice(1, -1).split(';');
    const kept = parts.filter((part) => !plainPart.test(part) || namedAsDevice.test(part));
    return `(${[system, ...kept].join(';')})`;
  });
}

/**
 * Words of people's browsers that isbot takes for bots: Sogou's browser, VIDAA (Hisense TVs), Google TV, old additions to
 * Internet Explorer and Firefox, Windows Phones, names of Android apps. They are left out before isbot is asked.
 */
const harmless = [
  /sogou(?:mse|mobilebrowser)/gi,
  /\bomi\/[^ ]*|\bvidaa\/0/gi,
  /google ?tv\b/gi,
  /qihoo newssdk/gi,
  /chromeframe|msn optimized|gwx:downloaded|fire(?:php|download|torrent)\/0/gi,
  /embedded web browser from: https?:\/\/bsalsa\.com\/?|https?:\/\/bsalsa\.com\/?/gi,
  /java_runtime_version|splashtop|qq-url-manager|autoproxy/gi,
  /(?<=iemobile\/0;)[^)]*/gi,
  /(?<![\w.])(?:air\.)?(?:com|org|net|io|co|de|jp|cn|ru|fr|kr|tv|app|me)(?:\.\w+)+/gi,
];

/** A word with "news" in it, in the browser of a phone or an app, is the name of a news app. */
const newsApp = /[\w.-]*news[\w.-]*/gi;
const inPhone = /mobile\/0|; wv\)|version\/0 chrome\/0/i;

/**
 * True when isbot takes an agent without a known name for a bot.
 * @param shape without its device; versions are 0 in it, where isbot's rules look for a number with a dot
 */
export function isUnnamedBot(shape: string): boolean {
  let asked = harmless.reduce((text, word) => text.replace(word, ''), shape);
  if (inPhone.test(asked) && !/compatible;|https?:/i.test(asked)) asked = asked.replace(newsApp, '');
  return isbot(/mozilla\//i.test(asked) ? asked.replace(/\/0(?![\w.])/g, '/0.0') : asked);
}

/** Words by which a bot without a known name says what it is for. */
const purposes: readonly (readonly [RegExp, 'preview' | 'scanner'])[] = [
  [
    /(?:link|url|uri|web|rich)[ -]?(?:preview|unfurl|expand)|unfurl|preview ?(?:bot|service|fetcher)|rich-?link|open ?graph|onebox|image ?(?:proxy|fetcher)|peekbot/i,
    'preview',
  ],
  [
    /secur(?!e)|vulnerab|phish|malware|threat|(?<!cam)scann(?:er|ing)|certificat|\bcert\b|csirt|(?:ssl|tls)[ -]?(?:check|scan|test|detect)|pentest|antivir|risk ?(?:crawl|scor)|cookie(?:scan|check|audit)|domain ?abuse/i,
    'scanner',
  ],
];

/** The kind of a bot without a known name, as far as its words say so. */
export function purposeOf(shape: string): 'preview' | 'scanner' | 'crawler' {
  return purposes.find(([words]) => words.test(shape))?.[1] ?? 'crawler';
}
