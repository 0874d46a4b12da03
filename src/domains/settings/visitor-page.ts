import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { orRefusal } from '../../ground/http/refusal.ts';
import { typedValues } from '../../ground/http/typed.ts';
import { renderPage, visitorPageHeaders } from '../../visitors/redirect/pages.ts';
import { sampleNames, samplePage } from '../../visitors/redirect/samples.ts';
import { domainPath } from '../domains/head.ts';
import type { Logo } from '../domains/logo.ts';
import { type OwnDomain, readSettings, type SettingsContext } from '../domains/settings.ts';
import { readChosenLogo } from './chosen-logo.ts';

export const looks = ['light', 'dark'] as const;

/** The page of visitors that is shown, and how. The first ones stand in for names that are none. */
export const shownPage = z.object({
  page: z.enum(sampleNames).default(sampleNames[0]).catch(sampleNames[0]),
  look: z.enum(looks).default(looks[0]).catch(looks[0]),
});
export type ShownPage = z.output<typeof shownPage>;

/** The brand of a page that is tried out; `logoSrc` is an address, or the picture itself. */
type TriedBrand = Pick<OwnDomain, 'brandName' | 'brandColor'> & { logoSrc: string | null };

/** The brand as it is stored. */
export const storedBrand = (path: string, { brandName, brandColor, logoType }: OwnDomain): TriedBrand => ({
  brandName,
  brandColor,
  logoSrc: logoType && `${path}/logo`,
});

/** The brand as a form has it. A value that cannot be read, such as a colour that is half typed, is as it is stored. */
export async function typedBrand(
  context: SettingsContext,
  body: Record<string, unknown>,
  path: string,
  domain: OwnDomain,
): Promise<TriedBrand> {
  const texts = typedValues(body);
  const read = async (name: 'brandName' | 'brandColor') => {
    const { value } = await orRefusal(() => readSettings(context, domain.host, { [name]: texts[name] ?? '' }));
    return value ? (value[name] ?? null) : domain[name];
  };
  const { logo } = (await readChosenLogo(body)).changes;
  return {
    brandName: await read('brandName'),
    brandColor: await read('brandColor'),
    logoSrc: logo === undefined ? storedBrand(path, domain).logoSrc : logo && dataOf(logo),
  };
}

const dataOf = ({ type, bytes }: Logo): string => `data:${type};base64,${bytes.toString('base64')}`;

/**
 * The very page that visitors would meet, with another brand. It may stand in a frame of the dashboard alone.
 * Nothing of the request's address is shown on it, so that a link cannot make it say something.
 */
export function showVisitorPage(
  request: FastifyRequest,
  reply: FastifyReply,
  domain: OwnDomain,
  brand: TriedBrand,
  { page: name, look }: ShownPage,
): Promise<string> {
  const { slug, timeZone } = request.workspace;
  const { page, address } = samplePage(name, { host: domain.host, now: new Date(), timeZone });
  reply
    .headers({ ...visitorPageHeaders("'self'"), 'x-frame-options': 'SAMEORIGIN', 'x-robots-tag': 'noindex' })
    .type('text/html; charset=utf-8');
  return renderPage(request, page, {
    address,
    brand: brand.brandName,
    brandHref:
      brand.brandColor && `${domainPath(`/w/${slug}`, domain)}/visitor-page.css?color=${brand.brandColor.slice(1)}`,
    logoSrc: brand.logoSrc,
    isIndexed: false,
    look,
  });
}
