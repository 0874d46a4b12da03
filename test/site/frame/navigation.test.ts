import { describe, expect, it } from 'vitest';
import { roles } from '../../../src/people/workspaces/roles.ts';
import {
  actionsBelow,
  type NavigationPlace,
  offeredTo,
  placesBelow,
  settingsScopes,
  tabNames,
} from '../../../src/site/frame/navigation.ts';
import { leastRoles } from '../../access/least-roles.ts';

const places = placesBelow('/w/:workspace');
const actions = actionsBelow('/w/:workspace', [{ name: 'Side project', slug: ':workspace' }]);
const namesOf = (list: readonly { name: string }[]) => list.map(({ name }) => name);
const people = roles.flatMap((role) => [true, false].map((isAdmin) => [role, isAdmin] as const));

function isOpenTo(route: string, role: (typeof roles)[number], isAdmin: boolean): boolean {
  const least = leastRoles[route];
  if (least === 'instance admin') return isAdmin;
  return least === 'user' || roles.slice(0, roles.indexOf(role) + 1).some((each) => each === least);
}

describe('the places of the dashboard', () => {
  it.each(people)('a %s is offered those that open (looks after the instance: %s)', (role, isAdmin) => {
    const open = places.filter(({ href }) => isOpenTo(`GET ${href}`, role, isAdmin));
    expect(namesOf(offeredTo(places, role, isAdmin))).toEqual(namesOf(open));
  });

  it('are offered by the right that a page asks for', () => {
    const page: NavigationPlace = {
      name: 'log',
      group: 'workspace',
      href: '/log',
      label: 'Log',
      icon: 'mail',
      right: 'managePeople',
    };
    expect(roles.filter((role) => offeredTo([page], role, true).length > 0)).toEqual(['admin', 'owner']);
  });

  it('have names, addresses and keys of their own', () => {
    for (const of of [namesOf(places), places.map(({ href }) => href), places.flatMap(({ key }) => key ?? [])])
      expect(new Set(of).size).toBe(of.length);
  });

  it('keep the settings of a workspace, a person and the server apart', () => {
    const of = (group: string) => places.filter((place) => place.group === group).map(({ label }) => label);
    expect(Object.keys(settingsScopes).map(of)).toEqual([
      ['General', 'Members', 'API keys', 'Conversions'],
      ['Profile', 'Security'],
      ['Mail'],
    ]);
    expect(places.filter(({ group }) => group === 'account').every(({ href }) => href.startsWith('/account'))).toBe(
      true,
    );
    expect(places.filter(({ group }) => group === 'server').every(({ right }) => right === 'instance')).toBe(true);
  });

  it('include those of a phone among the main ones', () => {
    const main = namesOf(places.filter(({ group }) => group === 'main'));
    expect(tabNames.filter((name) => !main.includes(name))).toEqual([]);
  });
});

/** The route that an action ends in; a page that everybody may read has a form that not everybody may send. */
const routes: Record<string, string> = {
  'create-link': 'POST /w/:workspace/links',
  'create-several': 'POST /w/:workspace/links/several',
  'create-campaign': 'POST /w/:workspace/campaigns',
  'share-report': 'POST /w/:workspace/shares',
  invite: 'POST /w/:workspace/invitations',
  'add-domain': 'POST /w/:workspace/domains',
  'create-key': 'POST /w/:workspace/keys',
  'switch-:workspace': 'GET /w/:workspace/links',
  'create-workspace': 'POST /workspaces/new',
};

describe('the things to do from anywhere', () => {
  it.each(people)('a %s is offered those that would not be refused (looks after the instance: %s)', (role, isAdmin) => {
    const allowed = actions.filter(({ name }) => !(name in routes) || isOpenTo(routes[name] ?? '', role, isAdmin));
    expect(namesOf(offeredTo(actions, role, isAdmin))).toEqual(namesOf(allowed));
  });

  it('are all looked at above, but for what is public, shows keys or ends a session', () => {
    expect(namesOf(actions).filter((name) => !(name in routes))).toEqual(['reference', 'shortcuts', 'log-out']);
  });

  it('have an address, a form or a dialog', () => {
    for (const { name, href, form, opens } of actions) expect(href ?? form ?? opens, name).toBeDefined();
  });
});
