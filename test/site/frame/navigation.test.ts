import { describe, expect, it } from 'vitest';
import { roles } from '../../../src/people/workspaces/roles.ts';
import { mainPlaces, type NavigationPlace, placesFor, settingsPlaces } from '../../../src/site/frame/navigation.ts';
import { leastRoles } from '../../access/least-roles.ts';

const places = [...mainPlaces('/w/:workspace'), ...settingsPlaces('/w/:workspace')];
const namesOf = (list: NavigationPlace[]) => list.map(({ name }) => name);

describe('the places of the dashboard', () => {
  it.each(roles.flatMap((role) => [true, false].map((isAdmin) => [role, isAdmin] as const)))(
    'a %s is offered those that open (looks after the instance: %s)',
    (role, isAdmin) => {
      const opens = places.filter(({ href }) => {
        const least = leastRoles[`GET ${href}`];
        if (least === 'instance admin') return isAdmin;
        return least === 'user' || roles.slice(0, roles.indexOf(role) + 1).some((each) => each === least);
      });
      expect(namesOf(placesFor(places, role, isAdmin))).toEqual(namesOf(opens));
    },
  );

  it('are offered by the right that a page asks for', () => {
    const page: NavigationPlace = { name: 'log', href: '/log', label: 'Log', icon: 'mail', right: 'managePeople' };
    expect(roles.filter((role) => placesFor([page], role, true).length > 0)).toEqual(['admin', 'owner']);
  });
});
