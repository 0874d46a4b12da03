/** `form[data-logo]` sends the file that is chosen in it as base64url: forms travel as text here. */
export function startLogos(): void {
  document.addEventListener('change', (event) => {
    const chooser = event.target;
    if (!(chooser instanceof HTMLInputElement) || chooser.type !== 'file') return;
    const form = chooser.closest<HTMLFormElement>('form[data-logo]');
    const [file] = chooser.files ?? [];
    if (form && file) void send(form, file);
  });
}

/** Far above what the server takes; a film is not read to be refused. */
const maxBytes = 700_000;

async function send(form: HTMLFormElement, file: File): Promise<void> {
  const field = form.elements.namedItem('logo');
  if (!(field instanceof HTMLInputElement)) return;
  // A picture that is cut here is too large for the server as well, which says so.
  const bytes = new Uint8Array(await file.slice(0, maxBytes).arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += 8_192) text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  field.value = btoa(text).replaceAll('+', '-').replaceAll('/', '_');
  form.submit();
}
