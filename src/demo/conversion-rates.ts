/** Goals of the demo, and amounts from the least to the most where it has a value. */
export const demoGoals = {
  purchase: { name: 'Purchase', isServerOnly: true, via: 'server', cents: [1_900, 24_000] },
  newsletter: { name: 'Newsletter sign-up', isServerOnly: false, via: 'script', cents: null },
} as const;

/** How many of a link's visitors reach a goal, from 0 to 1; of version B of an A/B test, `lift` times as many. */
export type DemoRate = { goal: keyof typeof demoGoals; rate: number; lift?: number };

/** Links of the demo whose visitors convert, by their slugs. */
const ratesBySlug: Readonly<Record<string, readonly DemoRate[]>> = {
  bio: [
    { goal: 'newsletter', rate: 0.1, lift: 2 },
    { goal: 'purchase', rate: 0.02, lift: 1.1 },
  ],
  shop: [{ goal: 'purchase', rate: 0.034 }],
  'members-sale': [{ goal: 'purchase', rate: 0.061 }],
  'members-mail-1': [{ goal: 'purchase', rate: 0.094 }],
  'members-mail-2': [{ goal: 'purchase', rate: 0.077 }],
  'lantern-2': [
    { goal: 'purchase', rate: 0.026 },
    { goal: 'newsletter', rate: 0.031 },
  ],
  'lantern-film': [{ goal: 'newsletter', rate: 0.048 }],
  'lantern-mail': [{ goal: 'purchase', rate: 0.055 }],
};

export const ratesOf = (slug: string | null): readonly DemoRate[] => ratesBySlug[slug ?? ''] ?? [];
