import { fileURLToPath } from 'node:url';
import fastifyView from '@fastify/view';
import type { FastifyInstance, FastifyReply } from 'fastify';
import fp from 'fastify-plugin';
import { type IconName, iconNames } from '../../ground/assets/icons.ts';
import { linkOptions, shownOf } from '../../links/options/list.ts';
import * as format from '../../ground/text/format.ts';
import { shortened } from '../../ground/text/shortened.ts';
import { openTo } from '../../ground/addresses/open-to.ts';
import { formToken } from '../../ground/http/once.ts';
import { type AssetUrl, readAssets } from '../../ground/assets/serve.ts';
import type { Flash } from '../../ground/http/forms.ts';
import { loadFrame, viewerOf } from './frame.ts';
import type { Spooled } from './spool-banner.ts';
import { Templates } from './templates.ts';

const viewsDir = fileURLToPath(new URL('../../../views', import.meta.url));

declare module 'fastify' {
  interface FastifyReply {
    /** Left by hooks for the page that is rendered next. */
    locals: { flash?: Flash; spooled?: Spooled };
    /** Renders a whole page: the data, over the frame around it. The frame is read here, so that nothing else pays for it. */
    page(template: string, data?: object): Promise<string>;
    /** Renders a part of a page, or a page without a frame. */
    fragment(template: string, data?: object): Promise<string>;
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
 * `reply.page('links/pages/index.eta', data)` renders a template of views/. Templates see `it`: the data, over the frame,
 * over `reply.locals`, over what is everywhere. The parts of a page see only the last: the member who asks (frame.ts), the
 * functions of format.ts, and the tools below. Failures and pages of
 * visitors are rendered by `viewAsync`, because they may not need the database.
 */
async function views(app: FastifyInstance, options: { isCached: boolean; isStrict: boolean }): Promise<void> {
  const assetUrl = readAssets().url;
  const { isCached, isStrict } = options;
  const tools = {
    ...format,
    formToken,
    openTo,
    shortened,
    asset: assetUrl,
    icon: iconMarkup(assetUrl),
    linkOptions: Object.values(linkOptions),
    shownOf,
  };
  await app.register(fastifyView, {
    engine: { eta: new Templates({ folder: viewsDir, cache: isCached, debug: !isCached, isStrict }) },
    templates: viewsDir,
    production: isCached,
    defaultContext: { ...tools, everywhere: tools },
  });
  app.decorateReply('page', async function page(this: FastifyReply, template: string, data: object = {}) {
    return this.fragment(template, { ...(await loadFrame(this.request)), ...data });
  });
  app.decorateReply('fragment', function fragment(this: FastifyReply, template: string, data: object = {}) {
    const viewer = viewerOf(this.request);
    return this.viewAsync(template, { ...viewer, everywhere: { ...tools, ...viewer }, ...data });
  });
}

export default fp(views, { name: 'views' });
