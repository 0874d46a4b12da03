import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Templates } from '../../../src/site/frame/templates.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'waymark-templates-'));
  const files = {
    '_part.eta': '<%/* it.label, it.hint? */%><%= it.shout(it.label) %> <%= it.hint ?? "-" %> <%= typeof it.page %>',
    '_around.eta': "<%/* it.label */%>(<%~ include('/_part.eta', { label: it.label }) %>)",
    'layout.eta': '<%= it.page %>: <%~ it.body %>',
    'whole.eta': "<% layout('/layout.eta') %><%~ include('/_around.eta', { label: 'a' }) %>",
    'forgetful.eta': "<%~ include('/_part.eta', { hint: 'h' }) %>",
    'talkative.eta': "<%~ include('/_part.eta', { label: 'a', tone: 'loud' }) %>",
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
});

afterAll(() => rmSync(folder, { recursive: true }));

const everywhere = { shout: (text: unknown) => String(text).toUpperCase() };
const render = (name: string, isStrict = true) =>
  new Templates({ folder, isStrict }).render(name, {
    ...everywhere,
    everywhere,
    page: 'P',
    label: 'of the page',
    hint: 'of it',
  });

describe('a part of a page', () => {
  it('sees what it is passed and what is everywhere, but not the page around it, as a layout does', () => {
    expect(render('/whole.eta')).toBe('P: (A - undefined)');
  });

  it('throws where a name that it needs is not passed, or one that it does not take is', () => {
    expect(() => render('/forgetful.eta')).toThrow('/_part.eta was not passed label.');
    expect(() => render('/talkative.eta')).toThrow('/_part.eta takes no tone.');
  });

  it('does not throw on a server that people use', () => {
    expect(render('/forgetful.eta', false)).toBe('UNDEFINED h undefined');
    expect(render('/talkative.eta', false)).toBe('A - undefined');
  });
});
