import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { refusalCodes } from '../../../src/people/keys/codes.ts';
import { projectRoot } from '../../setup/project-root.ts';

/** Codes of pages and of jobs, none of which the API has a way to. */
const ofPages = new Set([
  'cannot_undo',
  'custom',
  'email_taken',
  'keys_limit',
  'last_owner',
  'links_limit',
  'list_invalid',
  'mailings_limit',
  'newer_version',
  'overtaken',
  'rows_refused',
  'tag_taken',
  'tag_unknown',
  'templates_limit',
  'too_many',
]);

const sources = readdirSync(join(projectRoot, 'src'), { recursive: true, encoding: 'utf8' })
  .filter(
    (file) => file.endsWith('.ts') && !/people\/keys\/codes\.ts|domains\/dns\/faults\.ts|domains\/api\.ts/.test(file),
  )
  .map((file) => readFileSync(join(projectRoot, 'src', file), 'utf8'));

/** Codes as they are written where a request is refused: `code: '…'`, and the first or last text of a refusal. */
const written = new Set(
  sources.flatMap((text) =>
    [
      ...text.matchAll(/\bcode(?::| =) '([a-z]+(?:_[a-z]+)*)'/g),
      ...text.matchAll(/\brefus\w*\('([a-z]+(?:_[a-z]+)+)'/g),
      ...text.matchAll(/, '(url_[a-z]+)'\);/g),
      ...text.matchAll(/\b(?:super\(\d+, |tookTooLong = )(?:details\?\.code \?\? )?'([a-z]+(?:_[a-z]+)*)'/g),
    ].flatMap(([, code = '']) => code),
  ),
);

it('the table of codes has each that a refusal of the API may carry, and no other', () => {
  const listed = refusalCodes.map(({ code }) => code);
  expect(new Set(listed).size).toBe(listed.length);
  // These two are put together from the kind of thing.
  const known = new Set([...written, 'campaign_taken', 'view_taken']);
  expect(listed.filter((code) => !known.has(code))).toEqual([]);
  const missing = [...written].filter((code) => !listed.includes(code) && !ofPages.has(code));
  expect(missing).toEqual([]);
});

it('the table of codes says a reason for each, by its status', () => {
  for (const { code, status, words } of refusalCodes) {
    expect([code, words]).toEqual([code, expect.stringMatching(/^[A-Z].*\.$/)]);
    expect(status).toBeGreaterThanOrEqual(400);
  }
  const statuses = refusalCodes.map(({ status }) => status);
  expect(statuses).toEqual(statuses.toSorted((one, other) => one - other));
});
