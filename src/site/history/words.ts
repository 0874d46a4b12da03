import { whats, type What } from '../../ground/events/happened.ts';
import { formatNumber, inSentence, plural } from '../../ground/text/format.ts';
import { changesIn, type FieldChange } from './fields.ts';
import { type HistoryEvent, type HistoryLine, maxCounted } from './events.ts';
import { thingList, thingOf } from './things.ts';

/** A line in words: the actor, `verb`, then the name of the thing or how many there are. */
export type Told = {
  verb: string;
  /** Null where the line is about several things. */
  target: { id: string; name: string; thing: string } | null;
  /** '300 links' */
  count: string | null;
  changes: FieldChange[];
  /** Other changes of the same request. */
  others: number;
};

/**
 * Of one change.
 * @param isOwn on a page of the thing itself, which need not be named
 */
export function tell(event: HistoryEvent, timeZone: string, isOwn = false): Told {
  const changes = changesIn(event, timeZone);
  const target = { id: event.targetId, name: event.targetName, thing: thingOf(event.what) };
  const verb = verbOf(event.what, changes, isOwn ? 'nothing' : 'name');
  return { verb, target: isOwn ? null : target, count: null, changes: restOf(event.what, changes), others: 0 };
}

/** Of all that a request changed. */
export function tellLine({ events, count }: HistoryLine, timeZone: string): Told {
  const [head] = events;
  if (!head) throw new Error('A line of the History begins with an event.');
  if (count === 1) return tell(head, timeZone);
  // The newest is of the kind that was asked for: what else had to be made for it, such as a tag, came before.
  const { what } = head;
  const same = events.filter((event) => event.what === what);
  const isWhole = events.length === count;
  if (!isWhole)
    return { verb: 'made', target: null, count: countOf(count, 'change', 'changes'), changes: [], others: 0 };
  if (same.length === 1) return { ...tell(head, timeZone), others: count - 1 };
  const changes = commonOf(same.map((event) => changesIn(event, timeZone)));
  const { one = 'thing', many = 'things' } = thingList[thingOf(what)] ?? {};
  return {
    verb: verbOf(what, changes, 'number'),
    target: null,
    count: countOf(same.length, one, many),
    changes: restOf(what, changes),
    others: count - same.length,
  };
}

const countOf = (count: number, one: string, many: string): string =>
  count > maxCounted ? `more than ${formatNumber(maxCounted)} ${many}` : plural(count, one, many);

/** The same change to all of them; where they came from different values, the new one alone. */
function commonOf(all: readonly FieldChange[][]): FieldChange[] {
  const [first = [], ...others] = all;
  const labelsOf = (changes: readonly FieldChange[]) => changes.map(({ label }) => label).join();
  if (others.some((changes) => labelsOf(changes) !== labelsOf(first))) return [];
  return first.flatMap((change) => {
    const same = others.map((changes) => changes.find(({ label }) => label === change.label));
    const isSame = (read: (of: FieldChange) => unknown) =>
      same.every((other) => other !== undefined && JSON.stringify(read(other)) === JSON.stringify(read(change)));
    if (!isSame(({ added, removed }) => [added, removed])) return [{ label: change.label, from: null, to: null }];
    if (!isSame(({ to }) => to)) return [{ label: change.label, from: null, to: null }];
    return [isSame(({ from }) => from) ? change : { ...change, from: null }];
  });
}

/** @param then what follows: the name of the thing, how many there are, or nothing */
function verbOf(what: What, changes: readonly FieldChange[], then: 'name' | 'number' | 'nothing'): string {
  const { one = '' } = thingList[thingOf(what)] ?? {};
  const noun = then === 'name' && one !== 'link' ? ` the ${one}` : '';
  const [change] = changes;
  if (what.endsWith('.changed') && what !== 'member.changed' && change && changes.length === 1) {
    const { added = [], removed = [], label } = change;
    const [words, preposition] =
      added.length > 0 && removed.length === 0
        ? [`added ${tagsOf(added)}`, 'to']
        : removed.length > 0 && added.length === 0
          ? [`removed ${tagsOf(removed)}`, 'from']
          : [`changed the ${inSentence(label)}`, 'of'];
    return then === 'nothing' ? words : `${words} ${preposition}${noun}`;
  }
  const words: string = whats[what] ?? what;
  // A number follows: "archived 300 links".
  return then === 'number' ? words.replace(new RegExp(` the ${one}$`), '') : words;
}

const tagsOf = (names: readonly string[]) =>
  `the ${names.length === 1 ? 'tag' : 'tags'} ${names.map((name) => `“${name}”`).join(', ')}`;

/** The changes that the verb does not say already; of a single one it says the label. */
function restOf(what: What, changes: readonly FieldChange[]): FieldChange[] {
  const shown = changes.filter(({ from, to, added, removed }) => from ?? to ?? added ?? removed);
  const [change] = changes;
  if (!what.endsWith('.changed') || what === 'member.changed' || changes.length !== 1 || !change) return shown;
  const { added = [], removed = [] } = change;
  const isSaid = (added.length === 0) !== (removed.length === 0);
  return isSaid ? [] : shown.map((each) => ({ ...each, label: '' }));
}

/** The way by which a change came in. */
export const ways: Readonly<Record<HistoryEvent['via'], string>> = {
  page: 'On a page',
  bulk: 'Several at once',
  api: 'By the API',
  undo: 'By Undo',
  cli: 'By a command',
  job: 'By the server itself',
};

/** The one who changed something, as a line begins. */
export function actorWords({ actorKind, actorName }: HistoryEvent): string {
  if (actorKind === 'key') return `The API key “${actorName}”`;
  if (actorKind === 'command') return `The command ${actorName}`;
  if (actorKind === 'server') return 'The server';
  return actorName || 'Somebody';
}

/** An actor in the list of those to choose from; one without an id stands for all of its kind. */
export function actorChoice(id: string, kind: HistoryEvent['actorKind'], name: string): string {
  if (id !== kind) return kind === 'key' ? `API key “${name}”` : name;
  return { command: 'Commands', server: 'The server', person: 'Readers of mail', key: 'API keys' }[kind];
}
