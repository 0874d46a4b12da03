/** Sends a form with files as browsers do (RFC 7578). Redirects are not followed. */
export function sendForm(url: string, cookie: string, fields: Record<string, string | Buffer>): Promise<Response> {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string') body.append(name, value);
    else body.append(name, new Blob([new Uint8Array(value)]), 'chosen.bin');
  }
  return fetch(url, { method: 'POST', body, headers: { cookie }, redirect: 'manual' });
}
