import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Violations of WCAG 2.2 A and AA and of best practice, each with its place. What moves for up to a second is brought to its end first. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    // Colours in between have too little contrast. To wait for their end may take for ever: a page that draws nothing has none.
    const moving = () =>
      document
        .getAnimations()
        .filter(
          ({ playState, effect }) => playState !== 'finished' && Number(effect?.getComputedTiming().endTime) <= 1_000,
        );
    // A colour that is inherited begins to change where that of its parent ends.
    for (let all = moving(); all.length > 0; all = moving()) for (const each of all) each.finish();
    type Axe = { run(): Promise<{ violations: { id: string; nodes: { target: string[] }[] }[] }> };
    const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run();
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`));
  });
}
