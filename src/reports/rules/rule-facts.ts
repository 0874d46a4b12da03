/** A condition as it stands in a row: `join` with the row before it. */
export type TypedCondition = { join: string; what: string; is: string; parameter: string; values: string };

type Operator = 'one_of' | 'none_of' | 'before' | 'from' | 'at_least' | 'given';

/** THE list of operators, as the form says them. */
export const operators: readonly { name: Operator; label: string }[] = [
  { name: 'one_of', label: 'is' },
  { name: 'none_of', label: 'is not' },
  { name: 'before', label: 'is before' },
  { name: 'from', label: 'is from … on' },
  { name: 'at_least', label: 'is at least' },
  { name: 'given', label: 'is there' },
];

/** Something that a rule may ask of a visit, as its form offers it. */
export type RuleFact = {
  name: string;
  label: string;
  operators: readonly Operator[];
  /** An example of what is typed. */
  placeholder: string;
  /** Its values are a beginning and an end. */
  isSpan?: true;
  /** The same as the API is sent it. */
  sent(typed: Typed, timeZone: string): unknown;
};

type Typed = Omit<TypedCondition, 'join'>;

const among = ['one_of', 'none_of'] as const;

/** Commas of the scripts that people type names in. */
export const commasOfNames = /[,\u060c\u3001\uff0c]/;

const listed = (text: string): string[] =>
  text
    .split(commasOfNames)
    .map((each) => each.trim())
    .filter(Boolean);

/** A fact with values from a list or of their own. */
const valued = (name: string, label: string, placeholder: string): RuleFact => ({
  name,
  label,
  placeholder,
  operators: among,
  sent: ({ what, is, values }) => ({ what, is, values: listed(values) }),
});

/** The two ends of a span: '22:00 to 06:00'. A text that is none stays whole, to be refused. */
function endsOf(text: string): { from: string; to: string } {
  const [from = '', to = ''] = text.trim().split(/\s*(?:\bto\b|\buntil\b|[–—,]|\s-\s)\s*/);
  return { from, to };
}

/** The same of times, where an hour may stand alone: '22-6'. */
function timesOf(text: string): { from: string; to: string } {
  const { from, to } = endsOf(text.replaceAll('-', ' - '));
  const whole = (time: string) => (/^\d{1,2}$/.test(time) ? `${time}:00` : time);
  return { from: whole(from), to: whole(to) };
}

/** Whether a row of a fact with two ends has none but one. */
export const lacksAnEnd = ({ what, is, values }: Typed): boolean =>
  factOf(what).isSpan === true &&
  (is === 'one_of' || is === 'none_of') &&
  (what === 'time' ? timesOf(values) : endsOf(values)).to === '';

const negatedIf = (isNegated: boolean, leaf: unknown) => (isNegated ? { not: leaf } : leaf);

const groups: readonly { label: string; facts: readonly RuleFact[] }[] = [
  {
    label: 'Place',
    facts: [
      valued('country', 'Country', 'Germany, Austria'),
      valued('continent', 'Continent', 'Europe'),
      valued('region', 'Region', 'Bavaria'),
      valued('city', 'City', 'Berlin'),
    ],
  },
  {
    label: 'Device',
    facts: [
      valued('system', 'System', 'iOS'),
      valued('device', 'Device', 'mobile, tablet'),
      valued('browser', 'Browser', 'Safari'),
      valued('app', 'In-app browser', 'Instagram'),
      valued('language', 'Language', 'Portuguese'),
    ],
  },
  {
    label: 'Origin',
    facts: [
      valued('channel', 'Channel', 'Social and chat'),
      valued('referrer', 'Referring site', 'news.example'),
      {
        name: 'query',
        label: 'Query parameter',
        placeholder: 'newsletter',
        operators: [...among, 'at_least', 'given'],
        sent: ({ what, is, parameter, values }) => {
          const asked = { what, is, name: parameter.trim() };
          if (is === 'given') return asked;
          return is === 'at_least' ? { ...asked, number: numberOf(values) } : { ...asked, values: listed(values) };
        },
      },
    ],
  },
  {
    label: 'Time',
    facts: [
      {
        ...valued('weekday', 'Day of the week', 'Saturday, Sunday'),
        sent: ({ what, is, values }, timeZone) => ({ what, is, values: listed(values), timeZone }),
      },
      {
        name: 'time',
        label: 'Time of day',
        placeholder: '22:00 to 06:00',
        isSpan: true,
        operators: among,
        sent: ({ what, is, values }, timeZone) =>
          negatedIf(is === 'none_of', { what, is: betweenIf(is), ...timesOf(values), timeZone }),
      },
      {
        name: 'date',
        label: 'Date',
        placeholder: '2026-12-01 to 2026-12-24',
        isSpan: true,
        operators: [...among, 'before', 'from'],
        sent: ({ what, is, values }, timeZone) =>
          is === 'before' || is === 'from'
            ? { what, is, date: values.trim(), timeZone }
            : negatedIf(is === 'none_of', { what, is: betweenIf(is), ...endsOf(values), timeZone }),
      },
    ],
  },
  {
    label: 'Address',
    facts: [
      valued('entry', 'Opened by', 'QR code'),
      valued('slug', 'Short link', 'spring'),
      valued('domain', 'Domain', 'go.acme.com'),
    ],
  },
  {
    label: 'Everybody',
    facts: [{ name: 'always', label: 'Always', placeholder: '', operators: [], sent: () => ({ all: [] }) }],
  },
];

const betweenIf = (is: string) => (is === 'one_of' || is === 'none_of' ? 'between' : is);

const numberOf = (text: string): number | string => (/^\s*-?\d+(?:\.\d+)?\s*$/.test(text) ? Number(text) : text);

/** THE list of facts, in the groups of the form. */
export const factGroups = groups;

/** @returns the fact; for a name that is none, one whose name the API refuses */
export const factOf = (name: string): RuleFact =>
  groups.flatMap(({ facts }) => facts).find((fact) => fact.name === name) ?? valued(name, name, '');
