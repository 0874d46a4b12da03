/** So many different links of one workspace, opened from one network … */
const sweepSize = 5;

/** … within so many milliseconds: no person, and hardly a floor of colleagues, is as quick. */
const sweepMs = 1_000;

/** Networks that are watched in a second, each of a workspace; about 600 bytes each. Others go unseen. */
const maxNetworks = 10_000;

/** Hits that are remembered of a network, enough for a scanner that asks for each link three times. */
const maxSightings = 16;

/** A hit as far as sweeps go: its key in `clicks`, and whose it is. */
export type SweepSighted = { id: number; clickedAt: number; linkId: string; workspaceId: string };

/** Addresses that say nothing about whose hand it was: behind a proxy that is not in TRUST_PROXY everybody has its own. */
const nobodysAddress =
  /^unknown$|^(?:::ffff:)?(?:127\.|10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)|^(?:::1$|fe80:|f[cd][0-9a-f]{2}:)/i;

/**
 * Watches hits that look like people's for scanners that open every link of a mail at once, under many names.
 * A network is a /24 of IPv4 or a /48 of IPv6. It is forgotten two seconds after it was last seen, and nothing of it is stored.
 * Each process sees its own visitors alone.
 */
export class Sweeps {
  readonly #onSweep: (earlier: readonly SweepSighted[]) => void;
  #young = new Map<string, Window>();
  #old = new Map<string, Window>();
  #isGrowing = false;

  /** @param onSweep hears of hits that turned out to belong to a sweep after they were taken for people's, each once */
  constructor(onSweep: (earlier: readonly SweepSighted[]) => void) {
    this.#onSweep = onSweep;
  }

  /** Takes notice of a hit. @returns true when it is at least the fifth link of a sweep */
  isSwept(hit: SweepSighted, address: string): boolean {
    if (nobodysAddress.test(address)) return false;
    const window = this.#windowOf(`${hit.workspaceId}/${prefixOf(address)}`);
    if (window === undefined) return false;
    while (window[0] && Math.abs(hit.clickedAt - window[0].clickedAt) >= sweepMs) window.shift();
    if (window.length === maxSightings) window.shift();
    window.push({ ...hit, isTold: false });
    if (window.length < sweepSize || new Set(window.map(({ linkId }) => linkId)).size < sweepSize) return false;
    const earlier = window.slice(0, -1).filter(({ isTold }) => !isTold);
    for (const sighting of window) sighting.isTold = true;
    if (earlier.length > 0) this.#onSweep(earlier);
    return true;
  }

  /** How many networks are remembered. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  #windowOf(key: string): Window | undefined {
    const known = this.#young.get(key);
    if (known !== undefined) return known;
    if (this.#young.size >= maxNetworks) return undefined;
    const window = this.#old.get(key) ?? [];
    this.#young.set(key, window);
    if (!this.#isGrowing) this.#growLater();
    return window;
  }

  #growLater(): void {
    this.#isGrowing = true;
    setTimeout(() => this.#grow(), sweepMs).unref();
  }

  #grow(): void {
    this.#old = this.#young;
    this.#young = new Map();
    this.#isGrowing = false;
    if (this.#old.size > 0) this.#growLater();
  }
}

type Window = (SweepSighted & { isTold: boolean })[];

/** The /24 of an IPv4 address, wrapped in IPv6 or not, or the /48 of an IPv6 address, as a text. */
function prefixOf(address: string): string {
  if (address.includes('.')) return address.slice(0, address.lastIndexOf('.'));
  const groups = (address.split('::', 1)[0] ?? '').split(':', 3);
  // "::" stands for zeros: 2001:db8::1 is in 2001:db8:0.
  while (groups.length < 3) groups.push('0');
  return groups.join(':');
}
