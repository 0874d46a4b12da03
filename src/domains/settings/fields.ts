import { showHost } from '../dns/name.ts';
import {
  type DomainSettings,
  type OwnDomain,
  redirectStatuses,
  referrerPolicies,
  settingNames,
} from '../domains/settings.ts';

export type FieldName = keyof DomainSettings | 'isDefault';

/** A setting as its form and its page show it. */
type Field = {
  label: string;
  hint?: string;
  /** Words for those who may only look, where nothing is set. */
  none: string;
} & (
  | { kind: 'line'; attrs: Readonly<Record<string, string | number>> }
  | { kind: 'lines'; rows: number }
  | { kind: 'choice'; choices: readonly { value: string; label: string }[] }
  /** `says`: the words beside the box. */
  | { kind: 'box'; says: string }
);

const address = { inputmode: 'url', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false' };

const statusWords: Readonly<Record<(typeof redirectStatuses)[number], string>> = {
  302: '302, for now',
  301: '301, for good',
  307: '307, for now, method kept',
  308: '308, for good, method kept',
};

/** THE list of a domain's settings, as pages show them. */
const fieldsOf = (host: string): Readonly<Record<FieldName, Field>> => ({
  brandName: {
    label: 'Name',
    hint: 'Stands above every page, and describes the logo to screen readers.',
    none: 'None',
    kind: 'line',
    attrs: { 'data-most': 60, autocomplete: 'off' },
  },
  brandColor: {
    label: 'Colour',
    none: 'Grey',
    kind: 'line',
    attrs: { placeholder: '#0f7b5c', autocomplete: 'off', spellcheck: 'false' },
  },
  rootUrl: {
    label: `${host} alone`,
    hint: 'If empty, visitors see a small page with your name.',
    none: 'A small page with your name',
    kind: 'line',
    attrs: { ...address, placeholder: 'https://www.example.com' },
  },
  notFoundUrl: {
    label: 'A link that does not exist',
    hint: 'If empty, visitors see a page that says so.',
    none: 'A page that says so',
    kind: 'line',
    attrs: { ...address, placeholder: 'https://www.example.com/search?q={slug}' },
  },
  expiredUrl: {
    label: 'A link that has ended',
    hint: 'A link that was archived or deleted.',
    none: 'A page that says so',
    kind: 'line',
    attrs: { ...address, placeholder: 'https://www.example.com/offers' },
  },
  redirectStatus: {
    label: 'Status',
    hint: '302 suits nearly everybody. Search engines treat 301 and 308 as permanent moves.',
    none: '',
    kind: 'choice',
    choices: redirectStatuses.map((status) => ({ value: String(status), label: statusWords[status] })),
  },
  referrerPolicy: {
    label: 'Referrer-Policy',
    hint: 'What destinations learn about the page that a visitor came from.',
    none: 'Not sent: the browser decides',
    kind: 'choice',
    choices: [
      { value: '', label: 'Not sent: the browser decides' },
      ...referrerPolicies.map((policy) => ({ value: policy, label: policy })),
    ],
  },
  isDefault: {
    label: 'New links',
    none: 'Go to another domain unless somebody chooses this one',
    kind: 'box',
    says: 'New links go here unless somebody chooses another domain',
  },
  isCaseSensitive: {
    label: 'Upper and lower case',
    hint: 'For links from a shortener that tells them apart. Links then open only exactly as they are written.',
    none: 'Upper and lower case make no difference',
    kind: 'box',
    says: 'Upper and lower case make different links',
  },
  isIndexed: {
    label: 'Search engines',
    none: 'Search engines are asked not to list this domain',
    kind: 'box',
    says: 'Search engines may list this domain',
  },
  robotsTxt: {
    label: 'robots.txt',
    hint: 'If empty, all crawlers are let in, which link previews need. Search engines are kept away by the box above.',
    none: 'All crawlers are let in',
    kind: 'lines',
    rows: 4,
  },
  appleAppSiteAssociation: {
    label: 'apple-app-site-association',
    hint: 'JSON. Opens links of this domain in your app on iPhones.',
    none: 'None',
    kind: 'lines',
    rows: 5,
  },
  assetLinks: {
    label: 'assetlinks.json',
    hint: 'JSON. The same on Android.',
    none: 'None',
    kind: 'lines',
    rows: 5,
  },
});

/** A field with its name, for templates. */
export type ShownField = Field & { name: FieldName };

type Section = { heading: string; text: string; fields: readonly FieldName[] };

/** A tab of a domain's page with one form for some of the settings. */
export type SettingsTab = { name: 'brand' | 'redirects' | 'apps'; sections: readonly Section[] };

export const brandTab: SettingsTab = {
  name: 'brand',
  sections: [
    {
      heading: 'Your brand',
      text: 'Shown on the pages that visitors see: before a link opens, and when it does not.',
      fields: ['brandName', 'brandColor'],
    },
  ],
};

/** The other tabs, which need nothing but their fields. */
export const plainTabs: readonly SettingsTab[] = [
  {
    name: 'redirects',
    sections: [
      {
        heading: 'Where visitors are sent',
        text: 'In the second and third address, {slug} and {query} stand for what the visitor asked for.',
        fields: ['rootUrl', 'notFoundUrl', 'expiredUrl'],
      },
      {
        heading: 'How links redirect',
        text: 'Every visit is counted, whichever you choose.',
        fields: ['redirectStatus', 'referrerPolicy'],
      },
      {
        heading: 'Links of this domain',
        text: 'Usually /Spring and /spring are one link, which suits links that are typed or read aloud.',
        fields: ['isDefault', 'isCaseSensitive'],
      },
    ],
  },
  {
    name: 'apps',
    sections: [
      {
        heading: 'Search engines',
        text: 'Whether your short links and the root of the domain turn up in searches.',
        fields: ['isIndexed', 'robotsTxt'],
      },
      {
        heading: 'Apps',
        text: 'Files that phones look for, so that links open in your app instead of the browser.',
        fields: ['appleAppSiteAssociation', 'assetLinks'],
      },
    ],
  },
];

export const namesOf = ({ sections }: SettingsTab): FieldName[] => sections.flatMap(({ fields }) => fields);

/** The sections of a tab with all that their templates show. */
export function showSections({ sections }: SettingsTab, { host }: OwnDomain) {
  const all = fieldsOf(showHost(host).shown);
  return sections.map(({ heading, text, fields }) => ({
    heading,
    text,
    fields: fields.map((name): ShownField => ({ ...all[name], name })),
  }));
}

/** A setting as its field shows it; boxes say "on". */
function textOf(value: OwnDomain[FieldName]): string {
  if (typeof value === 'boolean') return value ? 'on' : '';
  return String(value ?? '');
}

export type Texts = Record<FieldName, string>;

/** All settings as their fields show them. */
export const settingTexts = (domain: OwnDomain): Texts =>
  Object.fromEntries([...settingNames, 'isDefault' as const].map((name) => [name, textOf(domain[name])])) as Texts;

/** Whether its value is a text that people write. */
export const isWritten = ({ kind }: Field): boolean => kind === 'line' || kind === 'lines';

/** A field's text as words, for those who may only look and for a choice that somebody else made. */
export function settingWords(field: Field, text: string): string {
  if (field.kind === 'box') return text === 'on' ? field.says : field.none;
  if (field.kind === 'choice') return field.choices.find(({ value }) => value === text)?.label ?? text;
  return text === '' ? field.none : text;
}
