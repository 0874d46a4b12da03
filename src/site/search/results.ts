import type { IconName } from '../../ground/assets/icons.ts';
import type { TagColour } from '../../links/links/tags.ts';
import { nameKey } from '../../links/links/name.ts';
import { type NavigationAction, type NavigationPlace, settingsScopes } from '../frame/navigation.ts';

/** One thing to open. It has an address, a form of the frame that it sends, or a dialog alone. */
export type SearchResult = {
  label: string;
  icon: IconName;
  /** Small words below or beside it, such as its short link. */
  detail?: string;
  /** The thing that it opens, behind an arrow. */
  leadsTo?: string;
  badge?: string;
  colour?: TagColour;
  href?: string | undefined;
  form?: string | undefined;
  opens?: string | undefined;
  /** Enter alone does not choose it: it was not typed whole, and cannot be taken back. */
  isCareful?: boolean;
};

export type ResultGroup = { name: string; heading: string; items: SearchResult[] };

/** Leaves out words of invisible marks alone: they would match everything. */
export const keysOf = (words: readonly string[]): string[] => words.map(nameKey).filter((key) => key !== '');

/** Whether each word begins a word of a text. */
function beginsWords(text: string, keys: readonly string[]): boolean {
  const parts = nameKey(text).split(/[\s/]+/);
  return keys.every((key) => parts.some((part) => part.startsWith(key)));
}

type Named = { label: string; words?: string };

/** Those that the words name: by their label first, then by other words for them. No words name all. */
export function namedBy<Each extends Named>(all: readonly Each[], keys: readonly string[]): Each[] {
  const byLabel = all.filter(({ label }) => beginsWords(label, keys));
  const others = all.filter(
    (each) => !byLabel.includes(each) && beginsWords(`${each.label} ${each.words ?? ''}`, keys),
  );
  return [...byLabel, ...others];
}

export function resultOfPlace({ label, icon, href, group }: NavigationPlace): SearchResult {
  const isSetting = group === 'workspace' || group === 'account' || group === 'server';
  return { label, icon, href, ...(isSetting && { detail: settingsScopes[group] }) };
}

/** @param search what was typed: a form is sent by its whole name alone */
export const resultOfAction = ({ label, icon, href, form, opens }: NavigationAction, search: string): SearchResult => ({
  label,
  icon,
  href,
  form,
  opens,
  ...(form !== undefined && nameKey(search) !== nameKey(label) && { isCareful: true }),
});

/** The shortest text that may put our places before people's own things. */
const minLetters = 3;

/**
 * Puts groups in order: what people made comes first, except where the words spell the beginning of a name of ours, such as
 * "members". Groups without items are left out.
 * @param made links, tags, campaigns, domains
 * @param ours places and actions
 * @param isExact the words are the slug of a link, which nothing comes before
 */
export function inOrder(
  made: readonly ResultGroup[],
  ours: readonly ResultGroup[],
  search: string,
  isExact: boolean,
): ResultGroup[] {
  const key = nameKey(search);
  const isNamed = ({ items }: ResultGroup) =>
    items.some(({ label, isCareful }) => isCareful !== true && nameKey(label).startsWith(key));
  const isOurs = !isExact && key.length >= minLetters;
  const first = isOurs ? ours.filter(isNamed) : [];
  return [...first, ...made, ...ours.filter((group) => !first.includes(group))].filter(({ items }) => items.length > 0);
}

/** Whether a text is an address that a link could lead to, rather than words. */
export const isAddressLike = (text: string): boolean =>
  /^https?:\/\/\S+$/i.test(text) || /^[^\s/?#@.]+(\.[^\s/?#@.]+)*\.\p{L}{2,}(:\d+)?([/?#]\S*)?$/u.test(text);

/** The way to make a link of what was looked for: as its destination, or as its title. */
export function createHref(home: string, text: string): string {
  const value = isAddressLike(text) ? { url: text } : { title: text };
  return `${home}/links/new?${new URLSearchParams(value).toString()}`;
}
