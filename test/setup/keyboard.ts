import type { Locator, Page } from 'playwright-core';

/** Moves the focus on by Tab alone until something has it, as somebody without a pointer does. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  const maxPresses = 150;
  for (let presses = 0; presses < maxPresses; presses++) {
    await page.keyboard.press('Tab');
    if (await target.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`The keyboard does not reach ${String(target)}.`);
}

/** Opens the search over everything, types words and takes the first that it finds. */
export async function jumpTo(page: Page, words: string): Promise<void> {
  await page.keyboard.press('Control+k');
  await page.keyboard.insertText(words);
  await page.keyboard.press('Enter');
}
