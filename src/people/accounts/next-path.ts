/**
 * The path that a log-in leads to: one of our own, or `/`. A path that a browser would read as another site is refused, so that a
 * link to our log-in page cannot send people elsewhere (OWASP cheat sheet "Unvalidated Redirects and Forwards").
 */
export function nextPath(next: string | undefined): string {
  const here = 'http://here.invalid';
  if (!next?.startsWith('/') || !URL.canParse(next, here)) return '/';
  const { origin, pathname, search, hash } = new URL(next, here);
  // A path such as /.//example.com comes out of the parser as //example.com.
  return origin === here && !pathname.startsWith('//') ? pathname + search + hash : '/';
}
