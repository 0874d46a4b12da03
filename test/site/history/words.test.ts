import { describe, expect, it } from 'vitest';
import { type What, whats } from '../../../src/ground/events/happened.ts';
import type { HistoryEvent } from '../../../src/site/history/events.ts';
import { thingList, thingOf } from '../../../src/site/history/things.ts';
import { tell, tellLine } from '../../../src/site/history/words.ts';

const event = (changes: Partial<HistoryEvent>): HistoryEvent => ({
  id: 1,
  at: new Date('2026-11-03T13:05:00Z'),
  workspaceId: 'w',
  what: 'link.changed',
  targetId: 'l',
  targetName: 'go.acme.com/spring',
  before: null,
  after: null,
  actorKind: 'person',
  actorId: 'u',
  actorName: 'Ada',
  via: 'page',
  network: null,
  requestId: 'r',
  ...changes,
});

describe('the words of the History', () => {
  it('know each thing that something can happen to in a workspace', () => {
    const things = new Set((Object.keys(whats) as What[]).map(thingOf));
    things.delete('account');
    expect([...things].filter((thing) => !(thing in thingList))).toEqual([]);
  });

  it.each<[string, Partial<HistoryEvent>, string, unknown[]]>([
    ['a single field', { before: { title: 'A' }, after: { title: 'B' } }, 'changed the title of', ['', 'A', 'B']],
    [
      'a day',
      { what: 'campaign.changed', before: { endsOn: null }, after: { endsOn: '2026-11-22' } },
      'changed the last day of the campaign',
      ['', null, '22 Nov 2026'],
    ],
    [
      'a role',
      { what: 'member.changed', before: { role: 'viewer' }, after: { role: 'admin' } },
      'changed the role of',
      ['Role', 'viewer', 'admin'],
    ],
    [
      'a setting, under the label of its form',
      { what: 'workspace.changed', before: { weekStartsOn: 1 }, after: { weekStartsOn: 0 } },
      'changed the first day of the week of the workspace',
      ['', 'Monday', 'Sunday'],
    ],
    [
      'an instant, in the zone of the workspace',
      { what: 'invitation.created', after: { expiresAt: '2026-11-10T13:05:00.000Z' } },
      'invited',
      ['Expires at', null, '10 Nov 2026, 14:05'],
    ],
    [
      'the fault of a domain, as its page says it',
      { what: 'domain.checked', before: { fault: null }, after: { fault: 'txt_missing' } },
      'checked the domain',
      ['Fault', null, 'TXT record missing'],
    ],
    [
      'networks, and not of none',
      { what: 'workspace.created', after: { timeZone: 'UTC', networksLeftOut: 0 } },
      'created the workspace',
      ['Time zone', null, 'UTC'],
    ],
    [
      'a field that nobody has named',
      { before: { maxClicks: 5 }, after: { maxClicks: 1_200 } },
      'changed the max clicks of',
      ['', '5', '1,200'],
    ],
  ])('tell of %s', (_of, changes, verb, [label, from, to]) => {
    const told = tell(event(changes), 'Europe/Berlin');
    expect([told.verb, told.changes]).toEqual([verb, [{ label, from, to }]]);
  });

  it('tell of many changes what they have in common, and no more', () => {
    const moved = (from: string, to: string) =>
      event({ before: { campaign: { id: from, name: from } }, after: { campaign: { id: to, name: to } } });
    const line = (...events: HistoryEvent[]) => tellLine({ events, count: events.length }, 'UTC');
    const label = '';
    expect(line(moved('A', 'C'), moved('A', 'C'))).toMatchObject({
      verb: 'changed the campaign of',
      count: '2 links',
      changes: [{ label, from: 'A', to: 'C' }],
    });
    expect(line(moved('A', 'C'), moved('B', 'C')).changes).toEqual([{ label, from: null, to: 'C' }]);
    expect(line(moved('A', 'C'), moved('A', 'D')).changes).toEqual([]);
    const titled = event({ before: { title: null }, after: { title: 'T' } });
    expect(line(moved('A', 'C'), titled)).toMatchObject({ verb: 'changed', count: '2 links', changes: [] });
    expect(tellLine({ events: [titled], count: 20_000 }, 'UTC')).toMatchObject({
      verb: 'made',
      count: 'more than 10,000 changes',
    });
  });
});
