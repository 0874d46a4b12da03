import { z } from 'zod';
import { readCampaignOf } from '../links/campaigns.ts';
import { askedOnce } from '../reading/context.ts';
import { defineOption } from './option.ts';

export const campaignOption = defineOption({
  name: 'campaign',
  label: 'Campaign',
  isInSight: true,
  field: {
    kind: 'names',
    source: '/campaigns/suggest',
    isMany: false,
    makes: { as: 'newCampaign', by: 'organise' },
  },
  read: async (typed: string | null, context, workspaceId) => ({
    campaignId: await askedOnce(context, `campaign ${typed ?? ''}`, () =>
      readCampaignOf(context.db, workspaceId, typed ?? ''),
    ),
  }),
  show: (link) => link.campaign?.name ?? '',
  json: {
    value: z.string().nullable().describe('The name of its campaign, `null` when it is in none.'),
    sent: z
      .string('Write campaign as a string, or null for none.')
      .nullable()
      .describe('The name of a campaign of your workspace, `null` for none.')
      .meta({ examples: ['Spring 2026'] }),
    of: (link) => link.campaign?.name ?? null,
  },
  csv: { header: 'campaign', cell: (names) => names.campaign },
});
