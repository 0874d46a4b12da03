/**
 * Networks of mail and security services that open the links of other people's mail. Coming from one is never enough to
 * be called a scanner: employees of their customers browse through some of these.
 *
 * The lists and their sources, read in November 2026:
 * - Proofpoint: routes of AS26211 and AS22843, and the ranges of proofpoint.my.site.com/support/PPSup_SupportInfo
 * - Mimecast: routes of AS30031 and AS42427
 * - Barracuda: routes of AS15324, and 209.222.80.0/21 of campus.barracuda.com (Email Gateway Defense, IP Analysis)
 * - Microsoft: Exchange Online Protection in "Office 365 URLs and IP address ranges" (aka.ms/o365ip). Safe Links also
 *   opens links from Azure's ranges, which it shares with everybody: those hits are known by their burst, or not at all.
 * To add one, add a line. `test/visitors/machines/scanners.test.ts` checks the form.
 */
export const networks: Readonly<Record<string, readonly string[]>> = {
  proofpoint: [
    '62.209.50.0/24',
    '66.159.227.0/24',
    '66.159.228.0/24',
    '66.159.238.0/23',
    '66.159.240.0/23',
    '66.159.248.0/22',
    '67.231.144.0/20',
    '91.209.104.0/24',
    '148.163.132.0/22',
    '148.163.136.0/21',
    '148.163.144.0/21',
    '148.163.152.0/22',
    '148.163.156.0/22',
    '205.220.160.0/20',
    '205.220.176.0/21',
    '205.220.186.0/23',
    '205.220.190.0/23',
    '208.36.134.0/24',
    '208.56.8.0/21',
    '208.56.16.0/24',
    '208.56.60.0/22',
    '208.83.137.0/24',
    '208.83.139.0/24',
    '208.84.64.0/22',
    '208.86.200.0/22',
    '209.66.100.64/26',
  ],
  mimecast: [
    '41.74.203.0/24',
    '63.128.21.0/24',
    '91.220.42.0/24',
    '170.10.128.0/22',
    '170.10.132.0/23',
    '170.10.140.0/24',
    '170.10.142.0/24',
    '170.10.150.0/23',
    '170.10.152.0/23',
    '170.10.156.0/23',
    '185.58.84.0/22',
    '193.7.204.0/23',
    '195.130.217.0/24',
    '205.139.110.0/23',
    '207.82.80.0/24',
    '207.211.30.0/24',
    '216.35.243.0/24',
    '216.35.244.0/24',
    '216.145.218.0/23',
    '216.145.222.0/24',
    '216.205.24.0/24',
  ],
  barracuda: ['64.235.150.0/24', '64.235.155.0/24', '64.235.158.0/24', '209.222.80.0/21'],
  microsoft: ['40.92.0.0/15', '40.107.0.0/16', '52.100.0.0/14', '104.47.0.0/17'],
};

const ranges = Object.entries(networks)
  .flatMap(([name, blocks]) => blocks.map((block) => ({ name, ...rangeOf(block) })))
  .toSorted((a, b) => a.first - b.first);
const starts = Float64Array.from(ranges, ({ first }) => first);

/**
 * The service whose network an address belongs to ("proofpoint"), or null. IPv6 is not on these lists.
 * @param address as Node gives it; an IPv4 address may be wrapped ("::ffff:67.231.144.1")
 */
export function findNetwork(address: string): string | null {
  const number = numberOf(address.startsWith('::ffff:') ? address.slice(7) : address);
  if (number === null) return null;
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] ?? 0) <= number) low = middle + 1;
    else high = middle;
  }
  const range = ranges[low - 1];
  return range !== undefined && number <= range.last ? range.name : null;
}

function rangeOf(block: string): { first: number; last: number } {
  const [address = '', bits = ''] = block.split('/');
  const first = numberOf(address);
  const size = 2 ** (32 - Number(bits));
  if (first === null || first % size !== 0) throw new Error(`"${block}" is not a block of addresses.`);
  return { first, last: first + size - 1 };
}

/** An IPv4 address as a number, or null. Written out because it runs for each hit. */
function numberOf(address: string): number | null {
  let number = 0;
  let part = 0;
  let dots = 0;
  for (let index = 0; index < address.length; index++) {
    const digit = address.charCodeAt(index) - 48;
    if (digit >= 0 && digit <= 9) part = part * 10 + digit;
    else if (digit === -2 && dots < 3 && part < 256) {
      number = number * 256 + part;
      part = 0;
      dots++;
    } else return null;
  }
  return dots === 3 && part < 256 ? number * 256 + part : null;
}
