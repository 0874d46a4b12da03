import { orRefusal } from '../../ground/http/refusal.ts';
import { readLogo } from '../domains/logo.ts';
import type { DomainChanges } from '../domains/settings.ts';

/** The picture that a form brings, or its wish to have none. A file that is chosen wins over the box beside it. */
export async function readChosenLogo({ logo, removeLogo }: Record<string, unknown>): Promise<{
  changes: Pick<DomainChanges, 'logo'>;
  errors: Record<string, string>;
}> {
  if (!Buffer.isBuffer(logo)) return { changes: removeLogo === 'on' ? { logo: null } : {}, errors: {} };
  const { value, refusal } = await orRefusal(() => readLogo(logo));
  return value ? { changes: { logo: value }, errors: {} } : { changes: {}, errors: refusal.errors };
}
