import { customAlphabet } from 'nanoid';

/** Letters of ids: nothing that reads alike. */
export const idAlphabet = '23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz';

/** A new id for a row: 12 characters from a CSPRNG (69 bits). */
export const newId: () => string = customAlphabet(idAlphabet, 12);
