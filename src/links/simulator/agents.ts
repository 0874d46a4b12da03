/** A visitor's device as the form offers it, by the user agent that such a device sends. */
type Preset = { name: string; label: string; userAgent: string };

const ios = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
const iphone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X)';
const chrome = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0';
const pixel = 'Mozilla/5.0 (Linux; Android 10; K)';

/** THE list. */
export const agentPresets: readonly Preset[] = [
  {
    name: 'iphone',
    label: 'iPhone, Safari',
    userAgent: `${iphone} ${ios} Version/26.0 Mobile/15E148 Safari/604.1`,
  },
  { name: 'android', label: 'Android phone, Chrome', userAgent: `${pixel} ${chrome} Mobile Safari/537.36` },
  {
    name: 'ipad',
    label: 'iPad, Chrome',
    userAgent: `Mozilla/5.0 (iPad; CPU OS 18_7 like Mac OS X) ${ios} CriOS/142.0.7444.46 Mobile/15E148 Safari/604.1`,
  },
  { name: 'android-tablet', label: 'Android tablet, Chrome', userAgent: `${pixel} ${chrome} Safari/537.36` },
  {
    name: 'windows',
    label: 'Windows, Chrome',
    userAgent: `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${chrome} Safari/537.36`,
  },
  {
    name: 'mac',
    label: 'Mac, Safari',
    userAgent: `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${ios} Version/26.0 Safari/605.1.15`,
  },
  {
    name: 'linux',
    label: 'Linux, Firefox',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0',
  },
  {
    name: 'iphone-instagram',
    label: 'iPhone, in Instagram',
    userAgent: `${iphone} ${ios} Mobile/15E148 Instagram 403.0.0.33.76 (iPhone15,2; iOS 18_7; en_GB; en; scale=3.00; 1179x2556)`,
  },
  {
    name: 'iphone-linkedin',
    label: 'iPhone, in LinkedIn',
    userAgent: `${iphone} ${ios} Mobile/15E148 [LinkedInApp]/9.31.1`,
  },
  {
    name: 'android-facebook',
    label: 'Android phone, in Facebook',
    userAgent: `Mozilla/5.0 (Linux; Android 15; Pixel 9 Build/AP4A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/142.0.0.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/530.0.0.48.74;]`,
  },
];

/** A browser of people, for a visitor whose device is not said. */
export const usualAgent = agentPresets[4]?.userAgent ?? '';

/** A machine that no rule and no version is for. */
export const machineAgent = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';
