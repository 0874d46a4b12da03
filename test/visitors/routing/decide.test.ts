import { describe, expect, it } from 'vitest';
import { decide, type Decision } from '../../../src/visitors/routing/decide.ts';
import type { Plan } from '../../../src/visitors/routing/plan.ts';
import type { Visit } from '../../../src/visitors/visits/visit.ts';
import { planOf, visitOf } from '../../setup/plan.ts';

const send: Decision = { kind: 'send' };
const preview: Decision = { kind: 'preview' };
const ended = (why: NonNullable<Plan['endedBy']>): Decision => ({ kind: 'ended', why, leadsTo: null });

describe('a visit', () => {
  it.each<[string, Partial<Plan>, Partial<Visit>, Decision]>([
    ['is sent on', {}, {}, send],
    ['is sent on by a QR code too', { isQr: true }, {}, send],
    ['is sent when it only asks for the head', {}, { method: 'HEAD' }, send],
    ['of the owner is sent like any other', {}, { isOwner: true }, send],
    ['that asks first is shown what it would open', {}, { isPreview: true }, preview],
    ['to an archived link meets its end', { endedBy: 'archived' }, {}, ended('archived')],
    ['to a retired slug meets its end', { endedBy: 'retired' }, {}, ended('retired')],
    ['to a link of a deleted workspace meets its end', { endedBy: 'deleted' }, {}, ended('deleted')],
    ['that asks first meets the end before all else', { endedBy: 'archived' }, { isPreview: true }, ended('archived')],
  ])('%s', (_name, plan, visit, decision) => {
    expect(decide(planOf(plan), visitOf(visit))).toEqual(decision);
  });

  it('changes nothing of the plan, which others share', () => {
    const plan = Object.freeze(planOf());
    Object.freeze(plan.opens);
    expect([decide(plan, visitOf({})), decide(plan, visitOf({ isPreview: true })), decide(plan, visitOf({}))]).toEqual([
      send,
      preview,
      send,
    ]);
  });
});
