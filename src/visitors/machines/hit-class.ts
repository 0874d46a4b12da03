/** Every request for a slug is kept with one of these classes. Only `human` counts as a click. */
export const hitClasses = ['human', 'preview', 'crawler', 'scanner', 'prefetch', 'tool', 'owner'] as const;

export type HitClass = (typeof hitClasses)[number];

/** The name of the class in a column or a legend. */
export const hitClassLabels: Readonly<Record<HitClass, string>> = {
  human: 'People',
  preview: 'Link previews',
  crawler: 'Crawlers',
  scanner: 'Security scanners',
  prefetch: 'Prefetches',
  tool: 'Tools',
  owner: 'Your own visits',
};

/** One sentence that tells people what is in the class. */
export const hitClassSentences: Readonly<Record<HitClass, string>> = {
  human: 'People who followed the link. Only these count as clicks.',
  preview: 'Link previews by chat and social apps.',
  crawler: 'Search engines, AI services and monitors that read the web.',
  scanner: 'Mail filters and security services that check links.',
  prefetch: 'Pages that a browser loaded ahead, in case someone would open them.',
  tool: 'Scripts and command lines, links that a page loads as a picture or frame, and requests for headers alone.',
  owner: 'Visits by you and your team: from the dashboard, or from the networks listed in the settings.',
};
