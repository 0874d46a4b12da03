import type { Page } from 'playwright-core';

export type Weight = {
  /** All that travelled, as it travelled: compressed, with headers. */
  bytes: number;
  /** Paths of the scripts that travelled. */
  scripts: string[];
  /** Paths of files with a hash in their name that were asked for. A browser that has them need not ask. */
  hashed: string[];
};

/** Opens a page and weighs what it loads. @param cache `cold`: as somebody who was never here; `warm`: as somebody who was */
export async function openWeighed(page: Page, address: string, cache: 'cold' | 'warm'): Promise<Weight> {
  const session = await page.context().newCDPSession(page);
  const weight: Weight = { bytes: 0, scripts: [], hashed: [] };
  const kept = new Set<string>();
  session.on('Network.requestServedFromCache', ({ requestId }) => kept.add(requestId));
  session.on('Network.responseReceived', ({ requestId, type, response }) => {
    const { protocol, pathname } = new URL(response.url);
    if (kept.has(requestId) || response.fromDiskCache || !protocol.startsWith('http')) return;
    if (type === 'Script') weight.scripts.push(pathname);
    if (/-[0-9a-f]{10}\.\w+$/.test(pathname)) weight.hashed.push(pathname);
  });
  session.on('Network.loadingFinished', ({ encodedDataLength }) => (weight.bytes += encodedDataLength));
  await session.send('Network.enable');
  if (cache === 'cold') await session.send('Network.clearBrowserCache');
  // Two loads of one address are a reload, at which browsers ask for more.
  await page.goto('about:blank');
  await page.goto(address);
  await page.evaluate('document.fonts.ready');
  await session.detach();
  return weight;
}
