import type { z } from 'zod';
import { Refusals } from '../../ground/text/errors.ts';
import type { LinkKind } from '../links/decided.ts';
import type { Link, LinkChanges } from '../links/queries.ts';
import { campaignOption } from './campaign.ts';
import { clickIdOption } from './click-id.ts';
import type { LinkContext } from '../reading/context.ts';
import type { MainOption, Shown } from './option.ts';
import { routesOption } from './routes.ts';
import { splitOption } from './split.ts';
import { tagsOption } from './tags.ts';
import { titleOption } from './title.ts';
import { urlOption } from './url.ts';

/** THE list, in the order of forms and files. */
export const linkOptions = {
  url: urlOption,
  title: titleOption,
  tags: tagsOption,
  campaign: campaignOption,
  split: splitOption,
  clickIdName: clickIdOption,
  routes: routesOption,
};

type Options = typeof linkOptions;
export type OptionName = keyof Options;
export const optionNames = Object.keys(linkOptions) as OptionName[];
const options = Object.entries(linkOptions) as [OptionName, Options[OptionName]][];

/** Something of each option, by its name. */
export const ofOptions = <Value>(make: (option: Options[OptionName]) => Value): Record<OptionName, Value> =>
  Object.fromEntries(options.map(([name, option]) => [name, make(option)])) as Record<OptionName, Value>;

type MainName = { [Name in OptionName]: Options[Name] extends { main: MainOption } ? Name : never }[OptionName];
type OtherName = Exclude<OptionName, MainName>;

/** Options that are what a slug opens: a link has one of them, and all of the others. */
export const mainOptions = options.flatMap(([, option]) => option.main ?? []);
const [mainNames, others] = [true, false].map((isMain) =>
  optionNames.filter((name) => (linkOptions[name].main !== undefined) === isMain),
) as [MainName[], OtherName[]];

/** Names of all others, in the order of the list. */
export const otherNames: readonly OtherName[] = others;

const mainByKind = Object.fromEntries(mainNames.map((name) => [linkOptions[name].main.opens, linkOptions[name]]));

/** The option that is what a link opens. */
export const mainOf = ({ kind }: { kind: LinkKind }): Options[MainName] => mainByKind[kind] as Options[MainName];

/** The thing that it opens, as its owners see it. */
export const shownOf = (link: Link): Shown => mainOf(link).main.shown(link);

/** Options as people type them and programs send them. */
export type TypedOptions = { [Name in OptionName]: Parameters<Options[Name]['read']>[0] };

/** Some of them. */
export type SomeTyped = { [Name in OptionName]?: TypedOptions[Name] | undefined };

type ReadOf<Name extends OptionName> = Awaited<ReturnType<Options[Name]['read']>>;
type Together<Union> = (Union extends unknown ? (each: Union) => void : never) extends (all: infer All) => void
  ? All
  : never;

/**
 * Reads what was typed of a link, in the order of the list. An option that is left out stays as it is.
 * @throws Invalid with the name of the one that cannot be, Refused where there are several
 */
export async function readOptions(context: LinkContext, workspaceId: string, typed: SomeTyped): Promise<LinkChanges> {
  const refusals = new Refusals();
  const read: LinkChanges = {};
  for (const [name, option] of options)
    if (typed[name] !== undefined)
      Object.assign(read, await refusals.read(() => option.read(typed[name] as never, context, workspaceId)));
  return refusals.settle(read);
}

/** Reads these options of a new link: one that is left out is none. */
const readNew = <Name extends OptionName>(
  context: LinkContext,
  workspaceId: string,
  names: readonly Name[],
  typed: SomeTyped,
): Promise<Together<{ [Each in Name]: ReadOf<Each> }[Name]>> => {
  const each = Object.fromEntries(names.map((name) => [name, typed[name] ?? '']));
  return readOptions(context, workspaceId, each) as Promise<never>;
};

/**
 * Reads what a new link opens: the main option that was sent, else the first, which says that it is missing.
 * @throws Invalid with its name
 */
export async function readMain(context: LinkContext, workspaceId: string, typed: SomeTyped) {
  const name = mainNames.find((each) => typed[each]) ?? mainNames[0] ?? 'url';
  return { kind: linkOptions[name].main.opens, ...(await readNew(context, workspaceId, [name], typed)) };
}

/** Reads all others of a new link. @throws as readOptions */
export const readOthers = (context: LinkContext, workspaceId: string, typed: SomeTyped) =>
  readNew(context, workspaceId, otherNames, typed);

/** A link's options as its form shows them. */
export const showOptions = (link: Link): Record<OptionName, string> => ofOptions((option) => option.show(link));

/** A link's options as the API gives them. */
export const jsonOfOptions = (link: Link) =>
  ofOptions<unknown>(({ json }) => json.of(link)) as { [Name in OptionName]: ReturnType<Options[Name]['json']['of']> };

/** The same as properties of a schema: as they are given, and as they are sent. */
export const valueSchemas = ofOptions<unknown>(({ json }) => json.value) as {
  [Name in OptionName]: Options[Name]['json']['value'];
};
export const sentSchemas = ofOptions<unknown>(({ json }) => json.sent) as {
  [Name in OptionName]: Options[Name]['json']['sent'];
};

const among = <Name extends OptionName>(names: readonly Name[], isLeftOut: boolean) =>
  Object.fromEntries(
    names.map((name) => [name, isLeftOut ? sentSchemas[name].optional() : sentSchemas[name]]),
  ) as unknown as { [Each in Name]: z.ZodOptional<(typeof sentSchemas)[Each]> };

/** The same of a new link: the main option alone has to be sent, where there is one. */
export const newMainSchemas = among(mainNames, mainNames.length > 1);
export const newOtherSchemas = among(otherNames, true);
