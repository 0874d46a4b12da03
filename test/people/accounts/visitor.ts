import type { Answer, Ask, TestApp } from '../../setup/app.ts';

/** A browser as far as forms go: it keeps cookies and loses them when it is told to. */
export class Visitor {
  readonly #ask: TestApp['ask'];
  readonly cookies = new Map<string, string>();

  constructor(app: Pick<TestApp, 'ask'>) {
    this.#ask = app.ask;
  }

  async ask(path: string, options: Ask = {}): Promise<Answer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await this.#ask(path, { ...options, headers: { ...(cookie && { cookie }), ...options.headers } });
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [pair = '', ...attributes] = line.split('; ');
      const [name = '', value = ''] = pair.split('=', 2);
      if (attributes.some((attribute) => /^max-age=0$|^expires=thu, 01 jan 1970/i.test(attribute)))
        this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return answer;
  }

  /** Sends a form and opens the page that it leads to. */
  async send(path: string, form: Record<string, string>): Promise<Answer> {
    const answer = await this.ask(path, { form });
    return answer.status === 303 ? this.ask(answer.headers.location ?? '') : answer;
  }

  /** Whether this browser is logged in. */
  async isLoggedIn(): Promise<boolean> {
    return (await this.ask('/account')).status === 200;
  }
}

/** The sentence below a field, '' when there is none. */
export function errorAt(answer: Answer, field: string): string {
  const found = new RegExp(`id="field-${field}-error">.*?</svg>([^<]*)`, 's').exec(answer.text);
  return found?.[1] ?? '';
}

/** What a field holds. */
export function valueOf(answer: Answer, field: string): string | undefined {
  return new RegExp(`name="${field}"[^>]*? value="([^"]*)"`, 's').exec(answer.text)?.[1];
}
