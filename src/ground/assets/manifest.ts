/** Files of public/build as pages call them, to the names that carry a hash of their bytes. */
export type Manifest = Record<string, string>;

export const manifestFile = 'manifest.json';
