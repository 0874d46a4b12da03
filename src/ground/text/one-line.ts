import { z } from 'zod';

/**
 * One line that people type, such as a name: trimmed, not empty, without the control characters that Postgres and the
 * headers of mails refuse. Marks that turn the reading direction are taken out: they would rearrange the page around it.
 * @param missing the sentence for an empty field
 * @param max in characters
 */
export function oneLine(missing: string, max: number) {
  return z
    .string({ error: missing })
    .overwrite((text) => text.replace(/\p{Bidi_Control}/gu, ''))
    .trim()
    .min(1, missing)
    .max(max, `Use at most ${max} characters.`)
    .regex(/^\P{Cc}*$/u, 'Leave out line breaks and control characters.');
}
