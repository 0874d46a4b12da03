/** `data-share` hands an address to the device, where it can pass it on to people and apps; elsewhere nothing offers it. */
export function startSharing(): void {
  if (!('share' in navigator)) return;
  document.documentElement.classList.add('can-share');
  document.addEventListener('click', ({ target }) => {
    const button = target instanceof Element ? target.closest<HTMLElement>('[data-share]') : null;
    if (!button) return;
    const { share: url = '', shareTitle: title = '' } = button.dataset;
    // It is refused where a person closes the device's dialog: nothing to say.
    navigator.share({ url, title }).catch(() => undefined);
  });
}
