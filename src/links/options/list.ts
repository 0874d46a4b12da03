import type { Link, LinkChanges } from '../links/queries.ts';
import { campaignOption } from './campaign.ts';
import type { LinkContext } from './option.ts';
import { tagsOption } from './tags.ts';
import { titleOption } from './title.ts';
import { urlOption } from './url.ts';

/** THE list, in the order of forms and files. */
export const linkOptions = { url: urlOption, title: titleOption, tags: tagsOption, campaign: campaignOption };

type Options = typeof linkOptions;
export type OptionName = keyof Options;
export const optionNames = Object.keys(linkOptions) as OptionName[];
const options = Object.entries(linkOptions) as [OptionName, Options[OptionName]][];

/** Something of each option, by its name. */
export const ofOptions = <Value>(make: (option: Options[OptionName]) => Value): Record<OptionName, Value> =>
  Object.fromEntries(options.map(([name, option]) => [name, make(option)])) as Record<OptionName, Value>;

/** Options as people type them and programs send them. */
export type TypedOptions = { [Name in OptionName]: Parameters<Options[Name]['read']>[0] };

type ReadOf<Name extends OptionName> = Awaited<ReturnType<Options[Name]['read']>>;
type Together<Union> = (Union extends unknown ? (each: Union) => void : never) extends (all: infer All) => void
  ? All
  : never;

/**
 * Reads what was typed of a link, in the order of the list. An option that is left out stays as it is.
 * @throws Invalid with the name of the first that cannot be
 */
export async function readOptions(
  context: LinkContext,
  workspaceId: string,
  typed: { [Name in OptionName]?: TypedOptions[Name] | undefined },
): Promise<LinkChanges> {
  const read: LinkChanges = {};
  for (const [name, option] of options)
    if (typed[name] !== undefined) Object.assign(read, await option.read(typed[name] as never, context, workspaceId));
  return read;
}

/** The same of options that are all there. */
export const readEach = <Name extends OptionName>(
  context: LinkContext,
  workspaceId: string,
  typed: Pick<TypedOptions, Name>,
): Promise<Together<{ [Each in Name]: ReadOf<Each> }[Name]>> =>
  readOptions(context, workspaceId, typed) as Promise<never>;

/** Every option of a new link: '' where it is left out. */
export const typedOfNew = (typed: { [Name in OptionName]?: TypedOptions[Name] | undefined }): TypedOptions =>
  ofOptions(({ name }) => typed[name as OptionName] ?? '') as TypedOptions;

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
