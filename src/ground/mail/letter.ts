import { fileURLToPath } from 'node:url';
import { Eta } from 'eta';
import type { Mail } from './mail.ts';

/** A page that a letter leads to, behind the words that say what for. */
type Way = { words: string; url: string };

/** Figures of a letter: in words for every program, and as a table for those that show HTML. */
export type Figures = {
  /** Name of the link, campaign, tag or workspace. */
  about: string;
  period: string;
  head: string;
  words: readonly string[];
  /** Words on the button that stands for the link. */
  button: string;
  lists: readonly { title: string; rows: readonly { label: string; clicks: string }[] }[];
};

export type Letter = {
  to: string;
  subject: string;
  /** The recipient's, where it is known. */
  name?: string;
  /** Stand in the place of the greeting. */
  figures?: Figures;
  paragraphs?: readonly string[];
  /** The page that the letter is for. */
  link?: Way | undefined;
  /** After the link: how long it works, and what to do when it was not you. */
  after?: readonly string[];
  /** Ends letters of this kind. */
  stop?: Way;
};

const views = fileURLToPath(new URL('../../../views', import.meta.url));
const templates = new Eta({ views, cache: true });

/**
 * A mail of ours: plain text with a greeting, paragraphs, one link and our name. Figures come as HTML beside the text; a
 * letter of words alone has none, so that it reads the same everywhere.
 */
export function letter({ to, subject, name, figures, paragraphs = [], link, after = [], stop }: Letter): Mail {
  const beginning = figures ? wordsOf(figures) : [name === undefined ? 'Hello,' : `Hello ${name},`];
  const text = [
    ...beginning,
    ...paragraphs,
    ...(link ? [`${link.words}\n${link.url}`] : []),
    ...after,
    ...(stop ? [`${stop.words} Stop it here:\n${stop.url}`] : []),
    'Waymark',
  ].join('\n\n');
  return {
    to,
    subject,
    text,
    ...(figures && { html: templates.render('ground/mail/letter.eta', { figures, link, stop }) }),
    // RFC 8058: mail programs offer a button of their own, which posts here.
    ...(stop && {
      headers: { 'List-Unsubscribe': `<${stop.url}/stop>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' },
    }),
  };
}

const wordsOf = ({ about, period, head, words, lists }: Figures): string[] => [
  `${about}, ${period}`,
  [head, ...words].join('\n'),
  ...lists.map(({ title, rows }) => [title, ...rows.map(({ label, clicks }) => `  ${clicks}  ${label}`)].join('\n')),
];
