/**
 * Open reports follow along: hits appear in the feed, and the report beside it is fetched again now and then.
 * The stream is server-sent events; where they do not get through, the page asks every ten seconds.
 */

type LiveHit = {
  id: string;
  at: number;
  linkId: string;
  link: string;
  isClick: boolean;
  class: string;
  reason: string;
  place: string | null;
  device: string | null;
  from: string | null;
  destination: string | null;
  isRouted: boolean;
};
type News = { hits: LiveHit[]; pauseMs: number };

declare global {
  interface Window {
    htmx?: { ajax(verb: string, path: string, options: Record<string, string>): Promise<unknown> };
  }
}

const SHOWN = 50;
const POLL_MS = 10_000;
/** Every so many polls the stream is tried again. */
const POLLS_BEFORE_STREAM = 6;

const states = {
  connecting: 'Connecting',
  open: 'Live',
  polling: 'Every 10 seconds',
  ended: 'Stopped. Reload the page to go on.',
};

export function startLive(): void {
  const section = document.querySelector<HTMLElement>('[data-live]');
  if (section) new Live(section).start();
}

class Live {
  readonly #section: HTMLElement;
  readonly #list: HTMLElement | null;
  readonly #known = new Set<string>();
  #source: EventSource | undefined;
  #timer: number | undefined;
  /** Up to when hits are known, in milliseconds since 1970. */
  #after = 0;
  #isFirstNews = true;
  #isEnded = false;
  #refreshTimer: number | undefined;
  #refreshedAt = Date.now();

  constructor(section: HTMLElement) {
    this.#section = section;
    this.#list = section.querySelector('[data-live-hits]');
  }

  start(): void {
    this.#connect();
    setInterval(() => this.#tellTime(), 1_000);
    const every = Number(this.#section.dataset['liveEvery']);
    if (every) setInterval(() => this.#refreshSoon(0), every);
    // A tab that nobody sees gives its connection back: browsers have six for a host.
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) this.#disconnect();
      else this.#connect();
    });
    window.addEventListener('pagehide', () => this.#disconnect());
  }

  #url(below = ''): URL {
    const url = new URL((this.#section.dataset['live'] ?? '') + below, location.href);
    if (this.#after) url.searchParams.set('after', String(this.#after));
    return url;
  }

  #connect(): void {
    if (this.#isEnded || this.#source || document.hidden) return;
    clearTimeout(this.#timer);
    if (!('EventSource' in window)) return void this.#poll(POLLS_BEFORE_STREAM);
    const source = new EventSource(this.#url());
    this.#source = source;
    source.addEventListener('open', () => this.#show('open'));
    source.addEventListener('hits', (event: MessageEvent<string>) => this.#take(JSON.parse(event.data) as News));
    source.addEventListener('end', () => this.#end());
    source.addEventListener('error', () => {
      // The browser tries again by itself, unless it was refused or something on the way spoils the stream.
      if (source.readyState !== EventSource.CLOSED) return this.#show('connecting');
      this.#disconnect();
      void this.#poll(POLLS_BEFORE_STREAM);
    });
  }

  #disconnect(): void {
    this.#source?.close();
    this.#source = undefined;
    clearTimeout(this.#timer);
  }

  #end(): void {
    this.#isEnded = true;
    this.#disconnect();
    this.#show('ended');
  }

  async #poll(left: number): Promise<void> {
    if (left === 0) return this.#connect();
    this.#timer = setTimeout(() => void this.#poll(left - 1), POLL_MS);
    try {
      const answer = await fetch(this.#url('/hits'), { headers: { accept: 'application/json' } });
      // A person who is logged out is led to the log-in page; one who may not look any more, nowhere.
      if (answer.redirected || answer.status === 404) return this.#end();
      if (!answer.ok) return this.#show('connecting');
      this.#show('polling');
      this.#take((await answer.json()) as News);
    } catch {
      this.#show('connecting');
    }
  }

  #show(state: keyof typeof states): void {
    const element = this.#section.querySelector<HTMLElement>('[data-live-state]');
    if (!element || element.dataset['liveState'] === state) return;
    element.dataset['liveState'] = state;
    element.textContent = states[state];
  }

  #take({ hits, pauseMs }: News): void {
    const news = hits.filter(({ id }) => !this.#known.has(id));
    for (const hit of news) {
      this.#known.add(hit.id);
      this.#after = Math.max(this.#after, hit.at);
      const item = this.#item(hit);
      if (item && !this.#isFirstNews) item.dataset['new'] = '';
      if (item) this.#list?.prepend(item);
    }
    while (this.#list && this.#list.childElementCount > SHOWN) this.#list.lastElementChild?.remove();
    const none = this.#section.querySelector<HTMLElement>('[data-live-none]');
    if (none) none.hidden = Boolean(this.#list?.childElementCount);
    this.#tellTime();
    if (news.length > 0 && !this.#isFirstNews) this.#refreshSoon(pauseMs);
    this.#isFirstNews = false;
  }

  #item(hit: LiveHit): HTMLElement | null {
    const template = this.#section.querySelector<HTMLTemplateElement>('[data-live-item]');
    const item = template?.content.firstElementChild?.cloneNode(true);
    if (!(item instanceof HTMLElement)) return null;
    const part = (name: string) => item.querySelector<HTMLElement>(`[data-part="${name}"]`);
    const put = (name: string, text: string) => {
      const element = part(name);
      if (element) element.textContent = text;
    };
    put('class', hit.isClick ? 'Click' : hit.class);
    put('link', hit.link);
    const linkHref = (this.#section.dataset['liveLinks'] ?? '') + hit.linkId;
    part('link')?.setAttribute('href', linkHref);
    const reason = hit.isClick ? null : hit.reason;
    const from = hit.from && `from ${hit.from}`;
    put('words', [reason, hit.place, hit.device, from, hit.destination].filter(Boolean).join(' · '));
    const why = part('why');
    if (hit.isRouted && hit.isClick) why?.setAttribute('href', `${linkHref}/destinations/try?hit=${hit.id}`);
    else why?.remove();
    part('ago')?.setAttribute('datetime', new Date(hit.at).toISOString());
    return item;
  }

  #tellTime(): void {
    for (const time of this.#list?.querySelectorAll('time') ?? []) {
      const seconds = Math.max(0, Math.round((Date.now() - Date.parse(time.dateTime)) / 1_000));
      const text = seconds < 60 ? `${seconds} s ago` : `${Math.floor(seconds / 60)} min ago`;
      if (time.textContent !== text) time.textContent = text;
    }
  }

  /** Fetches the report anew, `pauseMs` after the last time at the earliest; many pages do not come all at once. */
  #refreshSoon(pauseMs: number): void {
    if (this.#refreshTimer !== undefined) return;
    const spread = pauseMs > 5_000 ? Math.random() * pauseMs : 0;
    const wait = Math.max(200, this.#refreshedAt + pauseMs - Date.now(), spread);
    this.#refreshTimer = setTimeout(() => {
      this.#refreshTimer = undefined;
      void this.#refresh();
    }, wait);
  }

  async #refresh(): Promise<void> {
    const selector = this.#section.dataset['liveRefreshes'] ?? '';
    const region = document.querySelector(selector);
    // The first hit of all: the page has no report yet.
    if (!region) return location.reload();
    const isInUse =
      region.matches('.htmx-request') || region.querySelector(':popover-open, dialog[open], :focus:is(input, select)');
    if (document.hidden || isInUse) return this.#refreshSoon(2_000);
    this.#refreshedAt = Date.now();
    await window.htmx?.ajax('GET', location.href, { target: selector, select: selector, swap: 'outerMorph' });
  }
}
