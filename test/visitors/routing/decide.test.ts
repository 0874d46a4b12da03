import { describe, expect, it } from 'vitest';
import { decide, type Decision } from '../../../src/visitors/routing/decide.ts';
import { destinationTo, type Plan } from '../../../src/visitors/routing/plan.ts';
import type { Visit } from '../../../src/visitors/visits/visit.ts';
import { planOf, spring, visitOf } from '../../setup/plan.ts';

const summer = destinationTo('https://example.com/summer');

const send: Decision = { kind: 'send', destination: spring };
const preview: Decision = { kind: 'preview', destination: spring };
const ended = (why: NonNullable<Plan['endedBy']>): Decision => ({ kind: 'ended', why, leadsTo: null });

describe('a visit', () => {
  it.each<[string, Partial<Plan>, Partial<Visit>, Decision]>([
    ['is sent to the destination', {}, {}, send],
    ['is sent to the first of several destinations', { destinations: [spring, summer] }, {}, send],
    ['is sent there by a QR code too', { isQr: true }, {}, send],
    ['is sent when it only asks for the head', {}, { method: 'HEAD' }, send],
    ['of the owner is sent like any other', {}, { isOwner: true }, send],
    [
      'that asks first is shown where it would be sent',
      { destinations: [spring, summer] },
      { isPreview: true },
      preview,
    ],
    ['to an archived link meets its end', { endedBy: 'archived' }, {}, ended('archived')],
    ['to a retired slug meets its end', { endedBy: 'retired' }, {}, ended('retired')],
    ['to a link of a deleted workspace meets its end', { endedBy: 'deleted' }, {}, ended('deleted')],
    ['that asks first meets the end before all else', { endedBy: 'archived' }, { isPreview: true }, ended('archived')],
  ])('%s', (_name, plan, visit, decision) => {
    expect(decide(planOf(plan), visitOf(visit))).toEqual(decision);
  });

  it('changes nothing of the plan, which others share', () => {
    const plan = Object.freeze(planOf({ destinations: Object.freeze([spring, summer] as const) }));
    expect([decide(plan, visitOf({})), decide(plan, visitOf({ isPreview: true })), decide(plan, visitOf({}))]).toEqual([
      send,
      preview,
      send,
    ]);
  });
});

describe('a destination', () => {
  it.each([
    ['https://example.com/a?b=1#c', 'https://example.com/a?b=1#c'],
    ['https://bücher.example/käse', 'https://xn--bcher-kva.example/k%C3%A4se'],
  ])('%s keeps its text and says it as a header', (url, location) => {
    expect(destinationTo(url)).toMatchObject({ url, location });
  });

  it('knows its own tags', () => {
    const none = { source: null, medium: null, campaign: null, term: null, content: null };
    expect(destinationTo('https://example.com/?utm_source=mail&utm_campaign=spring#utm_term=no').utm).toEqual({
      ...none,
      source: 'mail',
      campaign: 'spring',
    });
    expect(spring.utm).toEqual(none);
  });
});
