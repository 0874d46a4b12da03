/** A text of a stranger as a sentence may quote it: enough to recognise it. @param most characters */
export const shortened = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most)}…` : text;
