import { describe, expect, it } from 'vitest';
import { showTabs, type Tab } from '../../../src/people/workspaces/tabs.ts';

type Thing = { id: string; rules: number };
const tabs: readonly Tab<Thing>[] = [
  { name: 'report', label: 'Report', href: (home, { id }) => `${home}/things/${id}` },
  {
    name: 'rules',
    label: 'Rules',
    href: (home, { id }) => `${home}/things/${id}/rules`,
    right: 'changeLinks',
    isSet: ({ rules }) => rules > 0,
  },
];

describe('the tabs of a thing', () => {
  it('are addresses below its own, one of them current, with a dot where something is set', () => {
    const workspace = { slug: 'acme', role: 'member' } as const;
    expect(showTabs(tabs, { id: '4f7', rules: 2 }, 'rules', workspace)).toEqual([
      { label: 'Report', href: '/w/acme/things/4f7', isCurrent: false, isSet: false },
      { label: 'Rules', href: '/w/acme/things/4f7/rules', isCurrent: true, isSet: true },
    ]);
    expect(showTabs(tabs, { id: '4f7', rules: 0 }, 'report', workspace).map(({ isSet }) => isSet)).toEqual([
      false,
      false,
    ]);
  });

  it('are those that the person may see', () => {
    const shown = showTabs(tabs, { id: '4f7', rules: 1 }, 'report', { slug: 'acme', role: 'viewer' });
    expect(shown.map(({ label }) => label)).toEqual(['Report']);
  });
});
