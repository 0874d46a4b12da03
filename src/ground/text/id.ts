import { customAlphabet } from 'nanoid';

const alphabet = '23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz';

/** A new id for a row: 12 characters from a CSPRNG (69 bits), nothing that reads alike. */
export const newId: () => string = customAlphabet(alphabet, 12);
