import { z } from 'zod';
import type { workspaces } from '../../ground/db/schema.ts';
import { readAppSchemes } from '../../ground/addresses/app-address.ts';
import type { Fields } from '../../ground/events/happened.ts';
import { Invalid } from '../../ground/text/errors.ts';
import { nameOfWeekStart, type WeekStart, weekStarts } from '../../ground/time/week.ts';
import { zoneOrUtc } from '../../ground/time/zoned-time.ts';
import { readOwnNetworks } from '../../visitors/machines/own-networks.ts';
import { maxNameLength, workspaceName } from './name.ts';
import { slugLength, slugPattern } from './slug.ts';

export type Workspace = typeof workspaces.$inferSelect;

/** How the form asks for a setting. Zones and networks have templates of their own. */
type SettingField =
  | {
      kind: 'text';
      hint?(workspace: { slug: string }): string;
      attrs: Readonly<Record<string, string | number | boolean>>;
    }
  | { kind: 'choice'; hint: string; choices: readonly { value: string; name: string }[] }
  | { kind: 'zone' }
  | { kind: 'networks' };

/** Something that the people of a workspace decide about it, kept in the column of the same name. */
type Setting<Name extends keyof Workspace> = {
  label: string;
  /** Its name in the list of rights. */
  words: string;
  field: SettingField;
  /** A form without it is refused. Without one of the others it changes nothing. */
  isRequired?: true;
  /** Reads the text of its field, and gives the text that the form would show again. */
  typed: z.ZodType<string>;
  store(this: void, text: string): Workspace[Name];
  show(this: void, value: Workspace[Name]): string;
  /** Every node keeps it for its visits, and is told of a change. */
  isKeptByNodes?: true;
  /** Fields of its events, for a value that no log may keep. */
  event?(this: void, value: Workspace[Name], before: Workspace[Name] | undefined): Fields;
};

const asText = (text: string): string => text;

/** A text that a noun reads. Its refusal stands at the field. */
const readBy = (read: (typed: string) => string) =>
  z.string().transform((typed, context) => {
    try {
      return read(typed);
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  });

/** THE list, in the order of the form. The form, its reading, what is stored, events and the list of rights follow it. */
export const workspaceSettings = {
  name: {
    label: 'Name',
    words: 'name',
    field: { kind: 'text', attrs: { required: true, 'data-most': maxNameLength } },
    isRequired: true,
    typed: workspaceName,
    store: asText,
    show: asText,
  },
  slug: {
    label: 'URL name',
    words: 'URL name',
    field: {
      kind: 'text',
      hint: ({ slug }) =>
        `The last part of /w/${slug}. Changing it breaks bookmarks of the dashboard, not short links.`,
      attrs: { required: true, 'data-most': slugLength, autocapitalize: 'off', spellcheck: 'false' },
    },
    isRequired: true,
    typed: z
      .string({ error: 'Choose a word.' })
      .trim()
      .toLowerCase()
      .min(2, 'Use at least 2 characters.')
      .max(slugLength, `Use at most ${slugLength} characters.`)
      .regex(slugPattern, 'Use letters a to z, figures, and single hyphens between them.'),
    store: asText,
    show: asText,
  },
  timeZone: {
    label: 'Time zone',
    words: 'time zone',
    field: { kind: 'zone' },
    isRequired: true,
    typed: z.string({ error: 'Choose a time zone.' }).max(64, 'Choose a time zone from the list.'),
    store: asText,
    show: zoneOrUtc,
    isKeptByNodes: true,
  },
  weekStartsOn: {
    label: 'First day of the week',
    words: 'first day of the week',
    field: {
      kind: 'choice',
      hint: 'Weeks in reports, in charts and in weekly mails begin with it.',
      choices: weekStarts.map((day) => ({ value: String(day), name: nameOfWeekStart(day) })),
    },
    typed: z.enum(weekStarts.map(String), 'Choose a day from the list.'),
    store: (text) => Number(text) as WeekStart,
    show: String,
  },
  ownNetworks: {
    label: 'Do not count visits from',
    words: 'which networks are not counted',
    field: { kind: 'networks' },
    typed: readBy(readOwnNetworks),
    store: asText,
    show: asText,
    isKeptByNodes: true,
    // Addresses of networks are not for a log: it keeps how many there are, and that they are others.
    event: (networks, before) => ({
      networksLeftOut: networks.split('\n').filter((line) => line.trim() !== '').length,
      ...(before !== undefined && before !== networks && { hasOtherNetworks: true }),
    }),
  },
  appSchemes: {
    label: 'Apps that rules may open',
    words: 'which apps rules may open',
    field: {
      kind: 'text',
      hint: () =>
        'Schemes of your own apps, such as acme for acme://product/1. Visitors press a button before an app opens. None for web addresses alone.',
      attrs: { autocapitalize: 'off', autocomplete: 'off', spellcheck: 'false' },
    },
    typed: readBy(readAppSchemes),
    store: asText,
    show: asText,
  },
} satisfies { [Name in keyof Workspace]?: Setting<Name> };

export type SettingName = keyof typeof workspaceSettings;
export type SettingValues = Pick<Workspace, SettingName>;

/** The same as a list. */
export const settingList = Object.entries(workspaceSettings).map(([name, setting]) => ({
  name: name as SettingName,
  ...(setting as Setting<SettingName>),
}));

/** Something of each setting, by its name. */
const ofSettings = <Value>(make: (setting: (typeof settingList)[number]) => Value) =>
  Object.fromEntries(settingList.map((setting) => [setting.name, make(setting)])) as Record<SettingName, Value>;

/** Properties of the form. */
export const typedSettings = ofSettings<z.ZodType<string | undefined>>(({ typed, isRequired }) =>
  isRequired ? typed : typed.optional(),
);

/** A workspace as its people decided: with the zone that its reports are still being moved to. */
export const asDecided = (workspace: Workspace): Workspace => ({
  ...workspace,
  timeZone: workspace.nextTimeZone ?? workspace.timeZone,
});

/** A workspace as its form shows it. */
export const showSettings = (workspace: SettingValues): Record<SettingName, string> =>
  ofSettings(({ name, show }) => show(workspace[name]));

/** @param texts as the form's properties read them; a setting that is left out stays as it is */
export const storedSettings = (texts: Partial<Record<SettingName, string>>): Partial<SettingValues> =>
  Object.fromEntries(
    settingList.flatMap(({ name, store }) => {
      const text = texts[name];
      return text === undefined ? [] : [[name, store(text)]];
    }),
  );

/**
 * Fields of events.
 * @param before the workspace before a change
 */
export const settingsInEvents = (workspace: SettingValues, before?: SettingValues): Fields =>
  Object.assign(
    {},
    ...settingList.map(({ name, event }) =>
      event ? event(workspace[name], before?.[name]) : { [name]: workspace[name] },
    ),
  ) as Fields;

/** Whether the nodes must be told of a change. */
export const isOtherForNodes = (before: SettingValues, after: SettingValues): boolean =>
  settingList.some(({ name, isKeptByNodes }) => isKeptByNodes && before[name] !== after[name]);
