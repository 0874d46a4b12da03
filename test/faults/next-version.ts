import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../setup/project-root.ts';

/** A version that breaks clicks down by one thing more, `probe`, in a column of its own. */
export type NextVersion = { root: string; remove(): void };

const folders = new Set(['src', 'migrations']);

/** Writes the next version: this one with one dimension, one column and one migration more. */
export function makeNextVersion(): NextVersion {
  const root = mkdtempSync(join(tmpdir(), 'waymark-next-'));
  for (const name of readdirSync(projectRoot)) {
    if (folders.has(name)) cpSync(join(projectRoot, name), join(root, name), { recursive: true });
    else if (!name.startsWith('.')) symlinkSync(join(projectRoot, name), join(root, name));
  }
  replace(
    join(root, 'src/visitors/rollups/dimensions.ts'),
    '\n] as const satisfies',
    `\n  { name: 'probe', title: 'Probes', one: 'Probe', sql: 'c.probe', ...code, card: 'languages' },\n] as const satisfies`,
  );
  replace(
    join(root, 'src/visitors/clicks/hit-fields.ts'),
    '\n} as const satisfies Record<string, NumberField | TextField>;',
    `\n  probe: { column: 'probe', type: 'text', isNullable: true },\n} as const satisfies Record<string, NumberField | TextField>;`,
  );
  replace(
    join(root, 'src/visitors/clicks/inbox.ts'),
    '(hit) => hit[name] ?? null',
    `(hit) => ({ ...hit, probe: hit.id % 2 === 0 ? 'even' : 'odd' })[name] ?? null`,
  );
  const file = join(root, 'migrations/meta/_journal.json');
  const journal = JSON.parse(readFileSync(file, 'utf8')) as { entries: { idx: number; when: number; tag: string }[] };
  const last = journal.entries.at(-1);
  if (!last) throw new Error('there are no migrations');
  journal.entries.push({ ...last, idx: last.idx + 1, when: last.when + 1, tag: 'probe' });
  writeFileSync(file, JSON.stringify(journal));
  writeFileSync(
    join(root, 'migrations/probe.sql'),
    'alter table clicks add column probe text;--> statement-breakpoint\nalter table clicks_pending add column probe text;',
  );
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}

function replace(file: string, old: string, by: string): void {
  const text = readFileSync(file, 'utf8');
  if (!text.includes(old)) throw new Error(`${file} has no ${old}`);
  writeFileSync(file, text.replace(old, by));
}
