import { parseArgs } from 'node:util';
import { compareWithBare } from './of-bare.ts';
import { compareBuilds } from './of-builds.ts';
import { rounds as enough } from './noise.ts';
import { type Visits, visits } from './requests.ts';

/** `npm run bench`: the redirect beside a bare Fastify, or with `--against <commit>` beside another build of it. */
const { values } = parseArgs({
  options: {
    against: { type: 'string' },
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string' },
    connections: { type: 'string' },
    cases: { type: 'string', default: 'hot,spread' },
    soak: { type: 'string', default: '60' },
    steady: { type: 'string', default: '2000' },
    moving: { type: 'string', default: '15' },
    processes: { type: 'string', default: '1' },
  },
});
const seconds = Number(values.seconds);
const levels = (otherwise: string) => (values.connections ?? otherwise).split(',').map(Number);

if (values.against === undefined) {
  const { soak, processes } = values;
  const rounds = Number(values.rounds ?? 5);
  await compareWithBare({ seconds, rounds, connections: levels('16,64,256'), soak: Number(soak), processes });
} else {
  const cases = values.cases.split(',').filter((name): name is Visits => name in visits);
  const rounds = Math.max(enough.least, Number(values.rounds ?? enough.least));
  const [steady, moving] = [Number(values.steady), Number(values.moving)];
  await compareBuilds(values.against, { seconds, rounds, connections: levels('16,64,256'), cases, steady, moving });
}
