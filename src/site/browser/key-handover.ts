/** A key that was just created goes from its page to the reference in another tab, past the server and every store. */
const channelName = 'waymark-key';
const question = 'ask';

/** On the page of keys: tells the new key to a reference that asks while the page shows it. */
export function startKeyHandover(): void {
  const key = document.querySelector('#new-key')?.textContent;
  if (!key) return;
  const channel = new BroadcastChannel(channelName);
  channel.addEventListener('message', ({ data }) => {
    // A channel reaches our own pages alone.
    // oxlint-disable-next-line unicorn/require-post-message-target-origin
    if (data === question) channel.postMessage({ key });
  });
}

/** In the reference: asks whether a page shows a new key. @param take is called with it */
export function askForKey(take: (key: string) => void): void {
  const channel = new BroadcastChannel(channelName);
  channel.addEventListener('message', ({ data }: MessageEvent<{ key?: unknown }>) => {
    if (typeof data.key === 'string') take(data.key);
  });
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  channel.postMessage(question);
}
