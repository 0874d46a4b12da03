import { Invalid } from '../text/errors.ts';

const maxSchemes = 20;

/** A scheme (RFC 3986, 3.1), and none of two characters that Windows takes for a drive. */
const schemeShape = /^[a-z][a-z0-9+.-]{2,39}$/;

/** Schemes that browsers and systems act on by themselves: a visitor's press on them may do harm. */
const refused = new Set(
  'about blob chrome content data feed file filesystem ftp http https intent jar javascript livescript mailto mhtml ms-msdt ms-officecmd ms-settings resource search-ms shell sms smsto tel vbscript view-source ws wss'.split(
    ' ',
  ),
);

/** @returns schemes of apps as they are kept, each once. @throws Invalid (field `appSchemes`) for what is none */
export function readAppSchemes(typed: string): string {
  const schemes = [
    ...new Set(
      typed
        .toLowerCase()
        .split(/[\s,;]+/)
        .map((word) => word.replace(/:(?:\/\/)?$/, ''))
        .filter(Boolean),
    ),
  ];
  if (schemes.length > maxSchemes) throw refusal(`Name at most ${maxSchemes} apps.`);
  for (const scheme of schemes) {
    if (!schemeShape.test(scheme))
      throw refusal(
        `“${scheme.slice(0, 40)}” is no scheme of an app. Write it like acme, without an address behind it.`,
      );
    if (refused.has(scheme)) throw refusal(`Browsers use ${scheme}: themselves. Name the scheme of your own app.`);
  }
  return schemes.join(' ');
}

const refusal = (sentence: string) => new Invalid(sentence, { field: 'appSchemes', code: 'app_scheme' });

const maxAppAddress = 2_000;

/**
 * Reads the address of an app, such as acme://product/1.
 * @param schemes as `readAppSchemes` gives them: those that the workspace allows
 * @param field that a refusal names
 * @returns it as it was given, without white space around it
 * @throws Invalid (code `app_scheme`)
 */
export function readAppAddress(typed: string, schemes: string, field: string): string {
  const address = typed.trim();
  const no = (sentence: string) => new Invalid(sentence, { field, code: 'app_scheme' });
  const scheme = /^([a-z][a-z0-9+.-]*):./i.exec(address)?.[1]?.toLowerCase();
  if (scheme === undefined) throw no('Write the address of an app with its scheme, such as acme://product/1.');
  if (address.length > maxAppAddress)
    throw no(`The address of an app has at most ${maxAppAddress.toLocaleString('en')} characters.`);
  // Hidden characters and spaces would make it another address than the one that is read (Unicode TR 36, 2.4).
  if (/[\p{Cc}\p{Cs}\s\p{Default_Ignorable_Code_Point}"'<>\\`]/u.test(address))
    throw no('The address of an app has no spaces, quotation marks or hidden characters.');
  if (refused.has(scheme) || !schemes.split(' ').includes(scheme))
    throw no(`The workspace does not allow links to apps by ${scheme}:. Its settings name the schemes that it allows.`);
  return address;
}
