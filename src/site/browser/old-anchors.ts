/** A part of the reference that had an anchor before. @param operations each such as `POST /api/v1/links` */
type Known = { operations: ReadonlyMap<string, string>; groups: readonly string[] };

/**
 * The anchor that took the place of one of the program that drew the reference before this page did, such as
 * `tag/links/POST/api/v1/links.body.url`.
 * @param hash without its `#`
 * @returns undefined for anchors of this page
 */
export function newAnchorOf(hash: string, { operations, groups }: Known): string | undefined {
  const [kind = '', ...rest] = decodeURI(hash)
    .replace(/^api-1\//, '')
    .split('/');
  if (kind === 'description') return 'introduction';
  if (kind === 'model' || kind === 'models') return rest[0] === 'problem' ? 'errors' : 'introduction';
  if (kind !== 'tag') return undefined;
  const [tag = '', method = '', ...path] = rest;
  // Parts of an operation follow behind a dot, which ends no path of ours but those of pictures.
  const address = `/${path.join('/')}`.replace(/\.(?!png|svg).*|(?<=\.(?:png|svg))\..*/, '');
  return operations.get(`${method} ${address}`) ?? (groups.includes(tag) ? tag : 'introduction');
}
