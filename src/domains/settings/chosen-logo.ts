import { AppError } from '../../ground/text/errors.ts';
import { type Logo, readLogo } from '../domains/logo.ts';
import type { DomainChanges } from '../domains/settings.ts';

/** The picture that a form brings, or its wish to have none. A file that is chosen wins over the box beside it. */
export function readChosenLogo(body: Record<string, unknown>): {
  changes: Pick<DomainChanges, 'logo'>;
  errors: Record<string, string>;
} {
  const { logo, removeLogo } = body;
  if (!Buffer.isBuffer(logo)) return { changes: removeLogo === 'on' ? { logo: null } : {}, errors: {} };
  try {
    const read: Logo = readLogo(logo);
    return { changes: { logo: read }, errors: {} };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { changes: {}, errors: { logo: error.message } };
  }
}
