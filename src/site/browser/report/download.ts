/**
 * Shows how far the file of all hits has come. Without this file, and for files that a page should not hold, the same
 * link is a plain download.
 */
import { save } from './picture.ts';

const NEWLINE = 10;
const number = new Intl.NumberFormat('en');

export function startDownloads(): void {
  document.addEventListener('click', (event) => {
    if (!(event.target instanceof Element) || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const section = event.target.closest('[data-download-start]')?.closest<HTMLElement>('[data-download-rows]');
    if (!section) return;
    event.preventDefault();
    void new Download(section).run();
  });
}

class Download {
  readonly #section: HTMLElement;
  readonly #stopping = new AbortController();
  /** How many there will be, as the server counted them. */
  readonly #expected: number;
  #rows = 0;
  #quarter = 0;

  constructor(section: HTMLElement) {
    this.#section = section;
    this.#expected = Number(section.dataset['downloadRows']);
  }

  async run(): Promise<void> {
    this.#show(true);
    this.#say('The file is on its way.');
    this.#part('cancel')?.addEventListener('click', () => this.#stopping.abort(), { once: true });
    try {
      const file = await this.#read();
      save(file, this.#section.dataset['downloadFile'] ?? 'hits.csv');
      this.#end('success', `Done: ${this.#count()} are in the file, which is among your downloads.`, 'Download again');
    } catch {
      if (this.#stopping.signal.aborted) return this.#end('', 'Cancelled. Nothing was saved.', 'Download');
      const how = this.#rows > 0 ? `broke after ${this.#count()}` : 'did not come about';
      this.#end('error', `The connection ${how}. Nothing was saved.`, 'Try again');
    }
  }

  async #read(): Promise<Blob> {
    const answer = await fetch(this.#section.dataset['download'] ?? '', { signal: this.#stopping.signal });
    // A person who is logged out by now is led to the page where one logs in.
    if (!answer.ok || answer.redirected || !answer.body)
      throw new Error(`The file was answered with ${answer.status}.`);
    const reader = answer.body.getReader();
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    let lines = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return new Blob(pieces, { type: 'text/csv' });
      pieces.push(value);
      for (const byte of value) if (byte === NEWLINE) lines++;
      this.#tell(Math.max(0, lines - 1));
    }
  }

  #tell(rows: number): void {
    this.#rows = rows;
    const share = Math.min(1, rows / this.#expected);
    const progress = this.#section.querySelector('progress');
    if (progress) progress.value = share * progress.max;
    const count = this.#part('count');
    if (count) count.textContent = `${number.format(rows)} of ${number.format(Math.max(rows, this.#expected))} hits`;
    // Read out now and then only: every row would be a flood.
    const quarter = Math.floor(share * 4);
    if (quarter === this.#quarter || quarter === 4) return;
    this.#quarter = quarter;
    this.#say(`${quarter * 25} % of the file has come.`);
  }

  #end(kind: 'success' | 'error' | '', words: string, next: string): void {
    this.#show(false);
    this.#say(words, kind);
    const label = this.#part('start')?.querySelector('span');
    if (label) label.textContent = next;
  }

  /** The focus goes with the button that it was on. */
  #show(isRunning: boolean): void {
    const [run, start, cancel] = [this.#part('run'), this.#part('start'), this.#part('cancel')];
    if (!run || !start || !cancel) return;
    const [shown, gone] = isRunning ? [cancel, start] : [start, cancel];
    run.hidden = !isRunning;
    shown.hidden = false;
    shown.focus();
    gone.hidden = true;
    if (isRunning) this.#tell(0);
  }

  #say(words: string, kind = ''): void {
    const element = this.#part('words');
    if (!element) return;
    element.textContent = words;
    element.dataset['kind'] = kind;
  }

  #count(): string {
    return this.#rows === 1 ? '1 hit' : `${number.format(this.#rows)} hits`;
  }

  #part(name: string): HTMLElement | null {
    return this.#section.querySelector<HTMLElement>(`[data-download-${name}]`);
  }
}
