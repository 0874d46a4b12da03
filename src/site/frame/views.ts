import { fileURLToPath } from 'node:url';
import fastifyView from '@fastify/view';
import { Eta } from 'eta';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { type IconName, iconNames } from '../../ground/assets/icons.ts';
import * as format from '../../ground/text/format.ts';
import { formToken } from '../../ground/http/once.ts';
import type { Right } from '../../people/workspaces/roles.ts';
import { type AssetUrl, readAssets } from '../../ground/assets/serve.ts';
import type { TroubledDomain } from './context.ts';
import type { Flash } from '../../ground/http/forms.ts';
import type { Spooled } from './spool-banner.ts';

const viewsDir = fileURLToPath(new URL('../../../views', import.meta.url));

/** What the layouts show besides the page's own data; guards set it, handlers may override it. */
export type PageLocals = {
  user?: { id: string; name: string; email: string; isAdmin: boolean };
  workspace?: { id: string; name: string; slug: string };
  /** What the one who looks may do here, so that nothing is offered that would be refused. */
  may?: (right: Right) => boolean;
  workspaces?: readonly { name: string; slug: string }[];
  /** Hosts that new links of this workspace may live on, the usual one first. */
  domains?: readonly string[];
  /** A short link as it is offered for opening: such a visit is not counted as a click. */
  toOpen?: (shortUrl: string) => string;
  /** Domains of this workspace that fail or are paused. */
  troubledDomains?: readonly TroubledDomain[];
  /** There while clicks wait on this server's disk. */
  spooled?: Spooled;
  flash?: Flash;
};

declare module 'fastify' {
  interface FastifyReply {
    locals: PageLocals;
  }
}

const knownIcons: ReadonlySet<string> = new Set(iconNames);

/** Markup of an icon; it is decoration, so the words beside it must say the same. @throws for a name not in iconNames */
function iconMarkup(assetUrl: AssetUrl) {
  const sprite = assetUrl('icons.svg');
  return (name: IconName, className = '') => {
    if (!knownIcons.has(name)) throw new Error(`"${name}" is not in src/ground/assets/icons.ts`);
    const classes = className ? `icon ${className}` : 'icon';
    return `<svg class="${classes}" aria-hidden="true"><use href="${sprite}#${name}"/></svg>`;
  };
}

/**
 * `reply.viewAsync('links/pages/index.eta', data)` renders a template of views/. Templates see `it`: the data, over
 * `reply.locals`, over `asset(name)`, `icon(name, class?)`, `formToken()` and the functions of format.ts.
 */
async function views(app: FastifyInstance, options: { isCached?: boolean }): Promise<void> {
  const assetUrl = readAssets().url;
  const isCached = options.isCached ?? true;
  await app.register(fastifyView, {
    engine: { eta: new Eta({ views: viewsDir, cache: isCached, debug: !isCached }) },
    templates: viewsDir,
    production: isCached,
    defaultContext: { ...format, formToken, asset: assetUrl, icon: iconMarkup(assetUrl) },
  });
}

export default fp(views, { name: 'views' });
