import { describe, expect, it } from 'vitest';
import { attachment } from '../../../src/ground/http/attachment.ts';

describe('the name of a file to save', () => {
  it.each([
    ['spring-2026.csv', 'attachment; filename="spring-2026.csv"'],
    ['весна.svg', `attachment; filename="_.svg"; filename*=UTF-8''%D0%B2%D0%B5%D1%81%D0%BD%D0%B0.svg`],
    ['a "b"; c.csv', `attachment; filename="a_b_c.csv"; filename*=UTF-8''a%20%22b%22%3B%20c.csv`],
    [`it's (1)*.csv`, `attachment; filename="it_s_1_.csv"; filename*=UTF-8''it%27s%20%281%29%2a.csv`],
    ['a\r\nb.csv', `attachment; filename="a_b.csv"; filename*=UTF-8''a%0D%0Ab.csv`],
  ])('%j travels as %s', (name, header) => {
    expect(attachment(name)).toBe(header);
  });
});
