import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  clocksIn,
  literalColoursIn,
  logicIn,
  longLinesIn,
  longNamesIn,
  longSentencesIn,
  namelessSubjectsIn,
} from './setup/house-rules.ts';
import { projectRoot } from './setup/project-root.ts';
import { silentIn } from './setup/silent-mutations.ts';
import { includesIn, wrongIncludesIn, wrongNamesIn } from './setup/template-names.ts';

/** The rules of the house (src/README.md), so that nobody has to remember them. */

const filesBelow = (folder: string, ending: string) =>
  readdirSync(join(projectRoot, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(projectRoot, join(entry.parentPath, entry.name)))
    .toSorted();

const read = (file: string) => readFileSync(join(projectRoot, file), 'utf8');
const sources = filesBelow('src', '.ts');
const templates = filesBelow('views', '.eta');
const sheets = filesBelow('views', '.css');
const tests = ['.test.ts', '.wide.ts', '.fault.ts'].flatMap((ending) => filesBelow('test', ending));

/** What a file imports from the project, by path from the root; imports of types alone too: they are arrows as well. */
const importsOf = new Map(
  sources.map((file) => [
    file,
    [...read(file).matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+\.ts)'/g)].map((match) =>
      normalize(join(dirname(file), match[1] ?? '')),
    ),
  ]),
);

/** Wings, the lowest first: each imports from itself and from those before it. */
const wings = ['ground', 'visitors', 'people', 'domains', 'links', 'reports', 'site', 'demo', 'cli', 'boot'];

/** The folder of a file; a file of src itself is a room of its own. */
const roomOf = (file: string) => (dirname(file) === 'src' ? file : dirname(file));

/** The wing of a file, as a place in the list above. Settings belong to the ground; the table of contents above the pages. */
function floorOf(file: string): number {
  if (file === 'src/config.ts') return 0;
  if (file === 'src/app.ts') return wings.indexOf('site') + 0.5;
  return dirname(file) === 'src' ? wings.length : wings.indexOf(file.split('/')[1] ?? '');
}

/** Exported functions, all of a file or all below a folder, that write and record no event, each with the reason. */
const silent: Record<string, string> = {
  'src/visitors/': 'hits, and what is counted ahead of them',
  'src/demo/copy.ts copyHits': 'hits',
  'src/demo/conversions.ts insertDemoConversions': 'conversions, which are counted like hits',
  // The server's own books.
  'src/ground/events/removal.ts': 'events themselves',
  'src/ground/db/schema-support.ts': 'bookkeeping of migrations',
  'src/ground/db/sent-forms.ts': 'forms that were sent',
  'src/ground/db/tries.ts': 'tries of a limit',
  'src/ground/mail/queries.ts': 'the outbox',
  'src/links/links/search-texts.ts': 'texts of a search, which follow their links',
  'src/links/splits/': 'addresses of a split, ids of rules and how a test ended, beside the event of their link',
  'src/domains/domains/due-checks.ts': 'the clock of checks',
  'src/domains/domains/queries.ts': 'the row of the instance, which follows its settings',
  'src/people/workspaces/queries.ts updateLastOpened': 'where a person was last',
  'src/people/workspaces/queries.ts updateHidesSetup': 'what one person sees',
  'src/people/keys/keys.ts updateLastUsed': 'when a key was last used',
  'src/people/accounts/queries.ts removeMailedTokens': 'tokens in mails, beside the event of what ends them',
  'src/reports/mailings/queries.ts noteMail': 'the outbox',
  'src/reports/mailings/queries.ts settleMailings': 'the outbox',
  'src/reports/mailings/queries.ts claimDueMailing': 'the outbox',
  // Parts of a thing whose event their caller records.
  'src/people/workspaces/members.ts endMembership': 'a membership, with all that ends beside it',
  'src/people/workspaces/members.ts removeInvitationsBy': 'a membership, with all that ends beside it',
  'src/people/accounts/deletion.ts eraseAccount': 'the rows of an account whose end is recorded',
  'src/links/links/claim.ts': 'slugs of a link',
  'src/links/links/case-policy.ts applyCasePolicy': 'a setting of a domain',
  'src/reports/imports/import-places.ts insertSlug': 'slugs of a link',
};

const rooms = [...new Set(sources.map(roomOf))];

function circleIn(arrows: Map<string, Set<string>>): string[] | undefined {
  const done = new Set<string>();
  const walk = (node: string, path: string[]): string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return undefined;
    done.add(node);
    for (const next of arrows.get(node) ?? []) {
      const circle = walk(next, [...path, node]);
      if (circle) return circle;
    }
    return undefined;
  };
  for (const node of arrows.keys()) {
    const circle = walk(node, []);
    if (circle) return circle;
  }
  return undefined;
}

/** Code without its comments. */
const codeOf = (text: string) => text.replaceAll(/\/\*[^]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');

const clickTables =
  /\b(?:hit_batches|clicks_pending|clicks_default|click_(?:counts|totals)_\w+|link_totals|visitors_seen|hitBatches|clicksPending|click(?:Counts|Totals)\w+ly|linkTotals|visitorsSeen)\b|\b(?:from|join|into|update|table|analyze)\s+(?:\w+, )*clicks\b(?!\.)|'clicks'::regclass|import \{[^}]*\bclicks\b[^}]*\} from '[^']*schema\.ts'/;
const namesClicks = (text: string) => clickTables.test(codeOf(text));

const schemaFile = 'src/ground/db/schema.ts';

/** Tables by their names in code and in SQL. */
const tables = new Map(
  [...read(schemaFile).matchAll(/^export const (\w+) = pgTable\(\s*'(\w+)'/gm)].flatMap(
    ([, inCode = '', inSql = '']) => [
      [inCode, inSql],
      [inSql, inSql],
    ],
  ),
);

/** The tables that a file inserts into, updates or deletes from. */
const tablesWritten = (text: string): string[] =>
  [
    ...codeOf(text).matchAll(
      /\.(?:insert|update|delete)\((\w+)\)|\b(?:insert into|update|delete from|copyInto\(client, [`'])\s*(?:\$\{)?(\w+)/g,
    ),
  ].flatMap(([, built = '', plain = '']) => tables.get(built || plain) ?? []);

const writes = (text: string) => tablesWritten(text).length > 0;

/** The room that writes a table: it inserts, updates and deletes; better-auth writes some of those of accounts too. */
const homes: Record<string, string> = {
  'people/accounts': 'users accounts verifications sessions',
  'people/keys': 'api_keys',
  'people/workspaces': 'workspaces members invitations',
  'domains/domains': 'domains',
  'links/links': 'links slugs tags link_tags campaigns',
  'links/splits': 'link_destinations link_routes',
  'links/templates': 'link_templates link_template_tags',
  'visitors/visits': 'visitor_salts',
  'visitors/conversions': 'conversion_goals conversions conversion_counts',
  'visitors/clicks': 'hit_batches agent_shapes',
  'visitors/rollups':
    'clicks clicks_pending visitors_seen click_totals_hourly click_counts_monthly link_totals rollup_scopes',
  'visitors/upkeep': 'click_counts_daily scope_links scope_changes rolled_up_dimensions reclassifications chart_notes',
  'reports/notes': 'report_notes',
  'reports/saved-views': 'saved_views',
  'reports/sharing': 'shares',
  'reports/mailings': 'mailings mailings_sent',
  'ground/db': 'tries sent_forms schema_support',
  'ground/events': 'events',
  'ground/mail': 'mails',
};

/** What other rooms write too, and why it cannot be a call of the table's own room. */
const guests: Record<string, { tables: string; why: string }> = {
  'visitors/rollups': { tables: 'hit_batches', why: 'moves hits out of the inbox' },
  'visitors/upkeep': {
    tables: 'agent_shapes clicks visitors_seen click_totals_hourly click_counts_monthly link_totals rollup_scopes',
    why: 'counts anew, and deletes what is over, in all that the mover writes',
  },
  'people/workspaces': {
    tables: 'api_keys domains links mailings shares',
    why: 'a workspace or a member goes with all of theirs in one transaction',
  },
  'domains/domains': { tables: 'workspaces', why: 'the default domain is a column of the workspace' },
  'links/links': {
    tables: 'workspaces link_template_tags',
    why: 'notes that all its links have texts to search; two tags are merged in one transaction',
  },
  'ground/zones': { tables: 'workspaces', why: 'another time zone where Postgres does not know this one' },
  'reports/imports': {
    tables: 'clicks domains links slugs',
    why: 'rows that keep their ids and dates, or never opened',
  },
  'visitors/conversions': {
    tables: 'workspaces',
    why: 'the number of the postback address is a column of the workspace',
  },
  demo: {
    tables: 'clicks conversion_counts conversion_goals conversions links link_tags slugs',
    why: 'rows by the hundred thousand',
  },
};

const pairs = (lists: Record<string, string>) =>
  Object.entries(lists).flatMap(([room, list]) => list.split(' ').map((table) => `${table}: ${room}`));

describe('the house', () => {
  it('has no circles between files', () => {
    expect(importsOf.size).toBeGreaterThan(80);
    expect(circleIn(new Map([...importsOf].map(([file, imports]) => [file, new Set(imports)])))).toBeUndefined();
  });

  it('has no circles between rooms', () => {
    const arrows = new Map<string, Set<string>>();
    for (const [file, imports] of importsOf) {
      const from = arrows.get(roomOf(file)) ?? new Set();
      for (const target of imports) if (roomOf(target) !== roomOf(file)) from.add(roomOf(target));
      arrows.set(roomOf(file), from);
    }
    expect(circleIn(arrows)).toBeUndefined();
  });

  it('has no arrow from a wing to one above it', () => {
    const up = [...importsOf].flatMap(([file, imports]) =>
      imports.filter((target) => floorOf(target) > floorOf(file)).map((target) => `${file} -> ${target}`),
    );
    expect(up).toEqual([]);
  });

  it('has ten wings, six files beside them, and rooms of 26 files and 2,200 lines at most', () => {
    expect(
      readdirSync(join(projectRoot, 'src'), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(wings.toSorted());
    expect(sources.filter((file) => dirname(file) === 'src').length).toBeLessThanOrEqual(6);
    const sizes = rooms
      .map((room) => ({ room, files: sources.filter((file) => roomOf(file) === room) }))
      .map(({ room, files }) => ({
        room,
        files: files.length,
        // The schema is one page, however many tables there are.
        lines: files
          .filter((file) => file !== schemaFile)
          .reduce((sum, file) => sum + read(file).split('\n').length - 1, 0),
      }));
    expect(sizes.filter(({ files, lines }) => files > 26 || lines > 2_200)).toEqual([]);
  });

  it('registers routes in app.ts alone, out of files whose name says so', () => {
    const isFace = (file: string) => /(?:^|[/-])(?:routes|api)\.ts$/.test(file);
    const haveRoutes = sources.filter((file) =>
      /\b(?:app|routes|short|pictures|api)\.(?:get|post|put|patch|delete|route)\(/.test(read(file)),
    );
    expect(haveRoutes.filter((file) => !isFace(file) && file !== 'src/ground/assets/serve.ts')).toEqual([]);
    const plugins = new Set(sources.filter((file) => isFace(file) && /export default async function/.test(read(file))));
    const importers = [...importsOf].flatMap(([file, imports]) =>
      file === 'src/app.ts'
        ? []
        : imports
            .filter(
              (target) =>
                plugins.has(target) && new RegExp(`^import \\w+[ ,].*/${basename(target)}'`, 'm').test(read(file)),
            )
            .map((target) => `${file} -> ${target}`),
    );
    expect(importers).toEqual([]);
  });

  it('exports no name twice', () => {
    const files = new Map<string, string[]>();
    for (const file of sources.filter((source) => !source.startsWith('src/site/browser/')))
      for (const [, name = ''] of read(file).matchAll(/^export (?:async )?(?:const|function\*?|class|type) (\w+)/gm))
        files.set(name, [...(files.get(name) ?? []), file]);
    const twice = [...files].filter(([, of]) => of.length > 1);
    expect(twice).toEqual([]);
  });

  it('keeps SQL and HTTP in different files', () => {
    const mixed = sources.filter(
      (file) => /from '[^']*db\/schema\.ts'/.test(read(file)) && /from '(?:fastify|@fastify\/[^']+)'/.test(read(file)),
    );
    expect(mixed).toEqual([]);
  });

  it('names the tables of clicks where they are recorded and counted, and nowhere else', () => {
    const ofClicks = /^src\/(?:visitors\/(?:clicks|rollups|upkeep)|reports\/(?:counts|imports)|demo)\//;
    const others = sources.filter((file) => !ofClicks.test(file) && file !== schemaFile);
    expect(others.filter((file) => namesClicks(read(file)))).toEqual([]);
    expect(sources.filter((file) => namesClicks(read(file))).length).toBeGreaterThan(8);
    for (const sentence of [
      'select id from clicks c where c.workspace_id = 1',
      'join link_totals t on t.link_id = l.id',
      'analyze links, clicks, slugs',
      "import { clicks, links } from '../ground/db/schema.ts'",
    ])
      expect(namesClicks(sentence), sentence).toBe(true);
    for (const sentence of [
      '// counted from clicks',
      'apart from clicks.',
      '({ clicks }) => clicks',
      'the clicks of a link, clicks_csv',
    ])
      expect(namesClicks(sentence), sentence).toBe(false);
  });

  it('writes each table in one room', () => {
    const written = new Set(
      sources.flatMap((file) =>
        tablesWritten(read(file)).map((table) => `${table}: ${roomOf(file).replace('src/', '')}`),
      ),
    );
    const allowed = Object.fromEntries(Object.entries(guests).map(([room, { tables: list }]) => [room, list]));
    expect([...written].toSorted()).toEqual([...pairs(homes), ...pairs(allowed)].toSorted());
    const withHome = Object.values(homes).flatMap((list) => list.split(' '));
    expect(withHome.toSorted()).toEqual([...new Set(tables.values())].toSorted());
    const broken =
      'await tx.update(shares).set({ title }); sql`insert into link_tags (a) select`; delete from ${mails}';
    expect(tablesWritten(broken)).toEqual(['shares', 'link_tags', 'mails']);
  });

  it('reads the environment in config.ts alone', () => {
    expect(sources.filter((file) => file !== 'src/config.ts' && read(file).includes('process.env'))).toEqual([]);
  });

  it('reads forms that are shown again by takeForm alone', () => {
    const ownWay = (text: string) =>
      /\b(?:attachValidation|validationError)\b|\bsafeParse\(request\.body|= z\.string\(\)\.catch\(''\);/.test(
        codeOf(text),
      );
    expect(sources.filter((file) => file !== 'src/ground/http/typed.ts' && ownWay(read(file)))).toEqual([]);
    expect(sources.filter((file) => /\btakeForm\(/.test(read(file))).length).toBeGreaterThan(15);
    for (const broken of [
      '{ schema: { body: noteForm }, attachValidation: true }',
      'const form = noteForm.safeParse(request.body);',
      "const typed = z.string().catch('');",
    ])
      expect(ownWay(broken), broken).toBe(true);
    expect(ownWay('return takeForm(request, reply, noteForm, work, again);')).toBe(false);
  });

  it('has no file whose name says nothing', () => {
    const names = /^(utils?|helpers?|common|misc|lib|types|services?|managers?|repositor(y|ies))(\.|$)/;
    expect(sources.filter((file) => file.split('/').some((part) => names.test(part)))).toEqual([]);
  });

  it('has no source file over 300 lines but the schema', () => {
    const long = sources
      .filter((file) => file !== schemaFile)
      .map((file) => `${file}: ${read(file).split('\n').length - 1}`)
      .filter((line) => Number(line.split(': ')[1]) > 300);
    expect(long).toEqual([]);
  });

  it('names every template that exists, and every template that is named exists', () => {
    const texts = [...sources, ...templates].map((file) => ({ file, text: read(file) }));
    const named = new Set<string>();
    for (const { file, text } of texts) {
      for (const [, name = ''] of text.matchAll(/['"`]\/?((?:[a-z-]+\/)*_?[a-z-]+\.eta)['"`]/g)) {
        const beside = normalize(join(dirname(file), name));
        named.add(
          file.endsWith('.eta') && !name.includes('/') && existsSync(join(projectRoot, beside))
            ? beside
            : `views/${name}`,
        );
      }
    }
    expect([...named].filter((name) => !templates.includes(name)).toSorted()).toEqual([]);
    expect(templates.filter((name) => !named.has(name))).toEqual([]);
  });

  it('passes the parts of a page what their first comment names, and nothing else', () => {
    const partOf = (part: string) => read(`views/${part}`);
    expect(templates.flatMap((file) => includesIn(read(file))).length).toBeGreaterThan(180);
    expect(templates.flatMap((file) => wrongIncludesIn(read(file), partOf).map((what) => `${file}: ${what}`))).toEqual(
      [],
    );
    const parts = templates.filter((file) => basename(file).startsWith('_'));
    expect(parts.flatMap((file) => wrongNamesIn(read(file)).map((what) => `${file} ${what}`))).toEqual([]);
  });

  it('tells a part that gets too little, or too much, from others', () => {
    const part = '<%/* it.label, it.hint? */ const { label } = it; %><%= label %><%= it.hint %><%~ it.icon("x") %>';
    expect(wrongNamesIn(part)).toEqual([]);
    expect(wrongNamesIn(part.replace('it.hint?', 'it.text'))).toEqual(['reads hint', 'does not read text']);
    const wrong = (passed: string) => wrongIncludesIn(`<%~ include('/a/_b.eta'${passed}) %>`, () => part);
    expect(wrong(", { label: `a ${of({ hint: ',' })}`, hint }")).toEqual([]);
    expect(wrong(", { label: [1, 2], size: 'lg' }")).toEqual(['a/_b.eta takes no size']);
    expect(wrong(", { hint: '}, label' }")).toEqual(['a/_b.eta does not get label']);
    expect(wrong('')).toEqual(['a/_b.eta does not get label']);
    expect(wrong(', { ...options, size }')).toEqual(['a/_b.eta takes no size']);
  });

  it('has every file that its guides and comments name', () => {
    const guides = [
      'CONTRIBUTING.md',
      'views/README.md',
      'src/README.md',
      'src/DECISIONS.md',
      ...filesBelow('docs', '.md'),
    ];
    const named = [...guides, ...sources, ...templates].flatMap((file) =>
      [...read(file).matchAll(/(?<![\w./@-])((?:src|test|views)\/[\w./-]+\.(?:ts|eta|md|css))(?![\w-])/g)].map(
        ([, name = '']) => `${file}: ${name}`,
      ),
    );
    expect(named.length).toBeGreaterThan(60);
    expect(named.filter((line) => !existsSync(join(projectRoot, line.split(': ')[1] ?? '')))).toEqual([]);
  });

  it('mirrors its rooms in views and test', () => {
    const shared = new Set(['site/components', 'site/layouts', 'setup', 'bench', 'faults', 'access']);
    for (const [folder, files] of [
      ['views', templates],
      ['test', filesBelow('test', '.ts')],
    ] as const) {
      const folders = new Set(files.map((file) => dirname(file).replace(new RegExp(`^${folder}/?`), '')));
      const known = (name: string): boolean =>
        rooms.includes(`src/${name}`) || shared.has(name) || (name.includes('/') && known(dirname(name)));
      expect([...folders].filter((name) => name !== '' && !known(name))).toEqual([]);
    }
  });

  it('cuts no typed text off, but for the words of a search', () => {
    const cuts = /\bmaxlength[=:]/;
    expect(sources.filter((file) => cuts.test(read(file)))).toEqual([]);
    const found = templates.filter((file) => cuts.test(read(file)));
    expect(found.filter((file) => !/type="search"|role="combobox"/.test(read(file)))).toEqual([]);
    expect(cuts.test('attrs: { maxlength: 50, required: true }')).toBe(true);
  });

  it('shows the templates of its own room, and parts of pages that all share', () => {
    const foreign = sources.flatMap((file) =>
      [...read(file).matchAll(/'((?:[a-z-]+\/)+_?[a-z-]+\.eta)'/g)]
        .map(([, name = '']) => name)
        .filter(
          (name) =>
            !name.startsWith('site/') && file !== 'src/site/frame/views.ts' && `src/${dirname(name)}` !== roomOf(file),
        )
        .map((name) => `${file}: ${name}`),
    );
    expect(foreign).toEqual([]);
  });

  it('has no exported function that writes, but takes no actor or records no event', () => {
    const found = sources.flatMap((file) => silentIn(read(file), writes).map((name) => `${file} ${name}`));
    const stands = (entry: string, line: string) =>
      entry.endsWith('/') ? line.startsWith(entry) : line === entry || line.startsWith(`${entry} `);
    const entries = Object.keys(silent);
    expect(found.filter((line) => !entries.some((entry) => stands(entry, line)))).toEqual([]);
    const idle = entries.filter((entry) => !found.some((line) => stands(entry, line)));
    expect(idle, 'Take these out of the list').toEqual([]);
  });

  it('tells a function that writes in silence from others', () => {
    const broken = `
export async function removeNote(db: Db, workspaceId: string, noteId: string): Promise<void> {
  await db.delete(reportNotes).where(eq(reportNotes.id, noteId));
}
`;
    expect(silentIn(broken, writes)).toEqual(['removeNote']);
    const withoutActor = broken.replace('  await', '  await record(db, server, workspaceId);\n  await');
    expect(silentIn(withoutActor, writes)).toEqual(['removeNote']);
    expect(silentIn(withoutActor.replace('noteId:', 'by: Actor, noteId:'), writes)).toEqual([]);
    const bySql = `
export const touch = async (db: Db) => {
  await write(db);
};

async function write(db: Db): Promise<void> {
  await db.execute(sql\`
update links l set updated_at = now()\`);
}
`;
    expect(silentIn(bySql, writes)).toEqual(['touch']);
    expect(silentIn(bySql.replace('update links l set', 'select from links l for no key update of'), writes)).toEqual(
      [],
    );
  });

  it('leaves announcements to events', () => {
    const told = sources.filter((file) =>
      /import \{[^}]*\b(?:announce|telling)\b[^}]*\} from '[^']*notify\.ts'/.test(read(file)),
    );
    expect(told).toEqual(['src/ground/events/record.ts']);
  });
});

/** Files that ask the clock although they are no edge of the program, and how often; the list only gets shorter. */
const clocksInside: Record<string, number> = {
  // The clock itself, as the database has it too.
  'src/ground/db/clock.ts': 1,
  // The default of every `updated_at`.
  'src/ground/db/schema.ts': 1,
  // An outbox: the moment at which a mail is tried is its own to say.
  'src/ground/mail/mailer.ts': 3,
  // Hooks before a request and around a page, for which no route could pass a time.
  'src/people/keys/authenticate.ts': 1,
  'src/site/frame/frame.ts': 1,
  // Read when somebody asks for the metrics.
  'src/site/health/metrics.ts': 2,
  // To be passed, once these take the actor of a change.
  'src/links/links/queries.ts': 1,
  'src/people/accounts/emails.ts': 1,
};

/** Style sheets that are taller than 300 lines, and how tall they may be at most, until they are cut by what they dress. */
const tallSheets: Record<string, number> = {
  'views/reports/pages/report.css': 430,
  'views/site/components/components.css': 1_000,
};

describe('the words of the house', () => {
  const countIn = (files: readonly string[], places: (text: string) => string[]) =>
    files.reduce((sum, file) => sum + places(read(file)).length, 0);

  it('ask the clock at the edges of the program: requests, jobs, commands, clicks, live pages', () => {
    const isEdge = (file: string) =>
      /(?:^|[/-])(?:routes|api|page)\.ts$/.test(file) ||
      /^src\/(?:ground\/jobs|cli|boot|demo|visitors\/clicks|reports\/live|site\/browser)\/|^src\/[a-z]+\.ts$/.test(
        file,
      );
    const inside = sources
      .filter((file) => !isEdge(file))
      .map((file) => [file, clocksIn(read(file)).length] as const)
      .filter(([, count]) => count > 0);
    expect(Object.fromEntries(inside)).toEqual(clocksInside);
  });

  it('hold no pattern and parse no address in a template', () => {
    expect(templates.filter((file) => logicIn(read(file)).length > 0)).toEqual([]);
  });

  it('name each test by one thing, in 95 characters without a semicolon', () => {
    expect(tests.length).toBeGreaterThan(200);
    const long = tests.map((file) => [file, longNamesIn(read(file))] as const).filter(([, names]) => names.length > 0);
    expect(Object.fromEntries(long)).toEqual({});
  });

  it('have no style sheet over 300 lines but those that wait to be cut', () => {
    const tall = sheets
      .map((file) => [file, read(file).split('\n').length - 1] as const)
      .filter(([file, lines]) => lines > (tallSheets[file] ?? 300));
    expect(tall).toEqual([]);
  });

  // These four only fall: lower the number with each that you mend.
  it('are in lines of a template that can be read, with fewer exceptions each time', () => {
    expect(countIn(templates, longLinesIn)).toBeLessThanOrEqual(106);
  });

  it('make short sentences in comments, with fewer exceptions each time', () => {
    expect(countIn(sources, longSentencesIn)).toBeLessThanOrEqual(135);
  });

  it('name the subject of a comment first, with fewer exceptions each time', () => {
    expect(countIn(sources, namelessSubjectsIn)).toBeLessThanOrEqual(26);
  });

  it('name colours by tokens, with fewer exceptions each time', () => {
    const withoutTokens = sheets.filter((file) => file !== 'views/tokens.css');
    expect(countIn(withoutTokens, literalColoursIn)).toBeLessThanOrEqual(13);
  });

  it.each([
    [clocksIn, 'const now = new Date();', 'const then = new Date(0);'],
    [clocksIn, 'if (Date.now() > until) return;', 'if (now.getTime() > until) return;'],
    [
      logicIn,
      '<% const host = new URL(it.url).host %>',
      '<a href="/new URL("><%= it.plural(2, \'a\') / 2 / it.n %></a>',
    ],
    [logicIn, '<% if (/^www/.test(it.host)) { %>', '<%/* What /^www/ means. */%><p>2 / 3 / 4</p>'],
    [logicIn, "<%= it.url.replace(/^https:/, '') %>", "<%~ include('/site/components/_copy.eta', it) %>"],
    [literalColoursIn, 'a { color: #1a2b3c; }', '#abc { color: var(--ink); } /* #1a2b3c */'],
    [
      literalColoursIn,
      'a { background: oklch(1 0 0); }',
      'a { background: color-mix(in oklch, var(--ink), transparent); }',
    ],
    [literalColoursIn, 'a { border: 1px solid white; }', 'a { white-space: nowrap; --x: var(--white); }'],
    [longLinesIn, `<p>${'x'.repeat(240)}</p>`, `<p>${'x'.repeat(230)}</p>\n<p>${'y'.repeat(230)}</p>`],
    [longNamesIn, `it('${'opens; '.repeat(2)}', () => {});`, "describe.each([1])('opens', () => write('a;'));"],
    [longNamesIn, `it.each([\n  1,\n])(\n  '${'word '.repeat(20)}',`, `it('${'word '.repeat(19)}',`],
    [longSentencesIn, `/** ${'word '.repeat(26)} */`, `/**\n * ${'word '.repeat(24)}end.\n * And more.\n */`],
    [longSentencesIn, `const a = 1; // ${'word '.repeat(26)}`, `const a = '${'word '.repeat(26)}';`],
    [
      longSentencesIn,
      `// ${'word '.repeat(13)}\n// ${'word '.repeat(13)}`,
      `// ${'word '.repeat(13)}\n\n// ${'word '.repeat(13)}`,
    ],
    [namelessSubjectsIn, '/** A link. What is over is gone. */', '/** Drops what is over. Wherever it is. */'],
    [namelessSubjectsIn, '/**\n * Closes.\n * @returns Who was told\n */', "const word = 'What is it';"],
  ])('are seen by %o', (rule, broken, right) => {
    expect(rule(broken)).toHaveLength(1);
    expect(rule(right)).toEqual([]);
  });
});
