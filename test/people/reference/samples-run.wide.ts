import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../src/ground/text/id.ts';
import { openClickIds } from '../../../src/visitors/conversions/click-id.ts';
import type { Description } from '../../../src/people/reference/openapi.ts';
import { referenceOf, type ShownOperation } from '../../../src/people/reference/reference.ts';
import { type DnsServer, startDnsServer } from '../../domains/dns/dns-server.ts';
import { startTestApp, type TestApp } from '../../setup/app.ts';
import { findProgram } from '../../setup/programs.ts';
import { type Client, openClient } from '../keys/client.ts';

/** Every sample of the reference is run as readers run it: with their key and their ids in it, and nothing else changed. */

const run = promisify(execFile);

/** How a sample runs: the program that has to be there, and how it gets the text. */
const languages = [
  { language: 'curl', program: findProgram('curl'), command: (text: string) => ['sh', '-c', text] },
  {
    language: 'javascript',
    program: process.execPath,
    command: (text: string) => [process.execPath, '--input-type=module', '--eval', text],
  },
  { language: 'python', program: findProgram('python3'), command: (text: string) => ['python3', '-c', text] },
];

/** In an order in which each finds what it asks for. */
const inOrder = [
  'createLink createCampaign createView addDomain createGoal',
  'createConversion listGoals updateGoal listLinks getLink updateLink simulateVisit replayClicks listTags getLinkQrSVG getLinkQrPNG',
  'listCampaigns getCampaign updateCampaign listViews listDomains getDomain updateDomain',
  'verifyDomain setDomainLogo deleteDomainLogo getAnalytics listHits',
  'deleteView deleteGoal deleteDomain deleteCampaign deleteLink',
].flatMap((line) => line.split(' '));

let app: TestApp;
let dns: DnsServer;
let client: Client;
let slug: string;
let operations: Map<string, ShownOperation>;
let folder: string;

beforeAll(async () => {
  dns = await startDnsServer();
  app = await startTestApp({ DNS_SERVERS: dns.address });
  const ada = await app.signUp('Ada');
  ({ slug } = ada.workspace);
  client = await openClient(app, ada);
  const { groups } = referenceOf(app.fastify.swagger() as unknown as Description);
  operations = new Map(groups.flatMap((group) => group.operations).map((each) => [each.id, each]));
  folder = mkdtempSync(join(tmpdir(), 'waymark-samples-'));
  writeFileSync(join(folder, 'logo.png'), PNG.sync.write(new PNG({ width: 20, height: 20 })));
});
afterAll(async () => {
  await app.close();
  await dns.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Ids of the examples, and the lists in which the reader finds those of their own. */
const ids = {
  V7mQdT2ZkC9x: '/links',
  X4cNpL8sVb3q: '/campaigns',
  P9wRtY5hJd2k: '/views',
  H6gFzT1mQx7c: '/domains',
  G7pQv2TmXw4d: '/goals',
};

const exampleClickId = '3kXw7c4mS0u1Zf8Yb2dQh5vNtR9aLpEoGiJxKzCqWyTnBsUM';

async function firstLink(): Promise<string> {
  const { data } = (await client.ask('/links')).json() as { data: { id: string }[] };
  return data[0]?.id ?? newId();
}

/** A sample as its reader changes it. */
async function asReader(text: string): Promise<string> {
  const clickId = openClickIds(app.config.secret).write({ linkId: await firstLink(), clickedAt: Date.now(), id: 1 });
  let mine = text.replaceAll('/w/acme/', `/w/${slug}/`).replaceAll(exampleClickId, clickId ?? '');
  for (const [example, list] of Object.entries(ids)) {
    if (!mine.includes(example)) continue;
    const { data } = (await client.ask(list)).json() as { data: { id: string }[] };
    mine = mine.replaceAll(example, data[0]?.id ?? 'none');
  }
  return mine;
}

it('each operation has its turn', () => {
  expect(inOrder.toSorted()).toEqual([...operations.keys()].toSorted());
});

for (const { language, program, command } of languages)
  describe.skipIf(!program)(`samples for ${language}`, () => {
    it.each(inOrder)('%s', async (id) => {
      const operation = operations.get(id);
      const { pieces } = operation?.samples.find((sample) => sample.language === language) ?? { pieces: [] };
      const [file = '', ...args] = command(await asReader(pieces.join(client.key)));
      const { stdout } = await run(file, args, { cwd: folder });
      // curl ends well when it is refused, too.
      expect(stdout).not.toContain('about:blank');
      const [answer] = operation?.answers ?? [];
      if (answer?.type === 'application/json') for (const { name } of answer.fields) expect(stdout).toContain(name);
      if (answer?.type === 'image/png') expect(PNG.sync.read(readFileSync(join(folder, 'qr.png'))).width).toBe(1024);
      if (answer?.type === 'image/svg+xml') expect(readFileSync(join(folder, 'qr.svg'), 'utf8')).toContain('<svg');
    });
  });
