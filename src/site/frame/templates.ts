import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Eta, type EtaConfig } from 'eta';

/** Names that a part takes, as its first comment has them: `it.label`, and `it.hint?` for one that may be left out. */
export function namesTaken(template: string): { taken: Set<string>; needed: Set<string> } {
  const comment = /^<%[\s\S]*?\/\*([\s\S]*?)\*\//.exec(template)?.[1] ?? '';
  const names = [...comment.matchAll(/\bit\.(\w+)(\??)/g)];
  return {
    taken: new Set(names.map(([, name = '']) => name)),
    needed: new Set(names.filter(([, , mark]) => mark === '').map(([, name = '']) => name)),
  };
}

/** The data of an include as Eta compiles it, and the code that takes its place. */
const wholePage = '{...it, ...(__eta_d ?? {})}';
const passedAlone = 'this.seenBy(__eta_t, it, __eta_d)';

/**
 * Eta, whose included templates see what they are passed and what is everywhere (`it.everywhere`), but not the page
 * around them. A layout is passed the whole page.
 */
export class Templates extends Eta {
  readonly #folder: string;
  readonly #isStrict: boolean;
  readonly #paths = new Map<string, string>();

  /**
   * @param options.folder holds the templates
   * @param options.isStrict throws where a part gets a name that it does not take, or lacks one that it needs. Names of
   *   parts begin with `_`
   */
  constructor({ folder, isStrict, ...options }: Partial<EtaConfig> & { folder: string; isStrict: boolean }) {
    const processFnString = (code: string) => {
      if (!code.includes(wholePage))
        throw new Error('Eta includes templates in another way than this was written for.');
      return code.replaceAll(wholePage, passedAlone);
    };
    super({ ...options, views: folder, plugins: [{ processFnString }] });
    this.#folder = folder;
    this.#isStrict = isStrict;
    // A page includes hundreds of parts, all by their path from the folder. Eta's own memory of paths writes JSON for each.
    const resolve = this.resolvePath;
    this.resolvePath = (template, included) => {
      const known = this.#paths.get(template);
      if (known !== undefined) return known;
      const path = resolve.call(this, template, included);
      if (template.startsWith('/')) this.#paths.set(template, path);
      return path;
    };
  }

  /** The data of a template that another one includes. Called by compiled templates. @throws when it is strict */
  seenBy(template: string, { everywhere = {} }: { everywhere?: object }, passed: object = {}): object {
    // Its prototype: some forty names, which are not copied for each of hundreds of parts.
    const seen: object = Object.assign(Object.create(everywhere), { everywhere }, passed);
    if (this.#isStrict && basename(template).startsWith('_')) {
      const { taken, needed } = namesTaken(readFileSync(join(this.#folder, template), 'utf8'));
      const unknown = Object.keys(passed).filter((name) => !taken.has(name));
      const missing = [...needed].filter((name) => !(name in seen));
      if (unknown.length > 0) throw new Error(`${template} takes no ${unknown.join(', ')}.`);
      if (missing.length > 0) throw new Error(`${template} was not passed ${missing.join(', ')}.`);
    }
    return seen;
  }
}
