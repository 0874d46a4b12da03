import { describe, expect, it } from 'vitest';
import { actionsBelow, placesBelow } from '../../../src/site/frame/navigation.ts';
import {
  createHref,
  inOrder,
  isAddressLike,
  keysOf,
  namedBy,
  type ResultGroup,
} from '../../../src/site/search/results.ts';

const all = [...placesBelow('/w/acme'), ...actionsBelow('/w/acme', [{ name: 'Fernwell Outdoor', slug: 'fernwell' }])];
const found = (...words: string[]) => namedBy(all, keysOf(words)).map(({ label }) => label);

describe('places and actions', () => {
  it.each([
    [['members'], ['Members']],
    [['MEMB'], ['Members', 'Invite somebody']],
    [['api'], ['API keys', 'Create an API key', 'Read the API reference']],
    [['by', 'mail'], ['Reports by mail']],
    [['password'], ['Security']],
    [['dns'], ['Domains', 'Add a domain']],
    [['ﬁ'], []],
    [['fern'], ['Switch to Fernwell Outdoor']],
    [['ernwell'], []],
  ])('are found by the beginnings of their words: %s', (words, labels) => {
    expect(found(...words)).toEqual(labels);
  });

  it('are found by their own words before other words for them', () => {
    expect(found('settings')).toEqual([
      'Domains',
      'General',
      'Members',
      'API keys',
      'Conversions',
      'Profile',
      'Security',
      'Mail',
    ]);
    expect(found('mail')[0]).toBe('Reports by mail');
    expect(found('log')).toEqual(['Log out', 'Security']);
  });

  it('are all found by nothing, and by marks that leave no trace', () => {
    expect(found()).toHaveLength(all.length);
    expect(keysOf(['\u200b', 'a\u200b'])).toEqual(['a']);
  });
});

const group = (name: string, ...labels: string[]): ResultGroup => ({
  name,
  heading: name,
  items: labels.map((label) => ({ label, icon: 'link' })),
});
const orderOf = (search: string, isExact = false) =>
  inOrder(
    [group('links', 'Members of the club'), group('tags')],
    [group('places', 'Members'), group('actions', 'Invite somebody')],
    search,
    isExact,
  ).map(({ name }) => name);

describe('the order of what is found', () => {
  it('has what people made first, and no empty group', () => {
    expect(orderOf('club')).toEqual(['links', 'places', 'actions']);
    expect(orderOf('me')).toEqual(['links', 'places', 'actions']);
  });

  it('begins with a place or an action whose name begins with the search', () => {
    expect(orderOf('members')).toEqual(['places', 'links', 'actions']);
    expect(orderOf('Invite some')).toEqual(['actions', 'links', 'places']);
  });

  it('has a form that was not typed whole never first', () => {
    const logOut = { label: 'Log out', icon: 'log-out', form: 'log-out', isCareful: true } as const;
    const ours = [{ name: 'actions', heading: 'Actions', items: [logOut] }];
    const first = inOrder([group('links', 'Logo refresh')], ours, 'log', false)[0];
    expect(first?.name).toBe('links');
  });

  it('begins with the link whose slug was typed, whatever is called so', () => {
    expect(orderOf('members', true)).toEqual(['links', 'places', 'actions']);
  });
});

describe('the way to make a link of what was looked for', () => {
  it.each([
    'https://example.com',
    'HTTP://EXAMPLE.COM/a?b=c',
    'example.com',
    'example.com/path?query',
    'www.пример.рф/путь',
    'shop.example:8080/a',
  ])('takes %s for an address', (text) => {
    expect(isAddressLike(text)).toBe(true);
    expect(createHref('/w/acme', text)).toBe(`/w/acme/links/new?${new URLSearchParams({ url: text }).toString()}`);
  });

  it.each(['spring', 'spring sale', 'a. b', '3.5', 'v2.0', '.', 'ada@example.com', 'https:// example.com', ''])(
    'takes “%s” for words',
    (text) => {
      expect(isAddressLike(text)).toBe(false);
      expect(createHref('/w/acme', text)).toBe(`/w/acme/links/new?${new URLSearchParams({ title: text }).toString()}`);
    },
  );
});
