import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startTimetable } from '../../../src/ground/jobs/timetable.ts';

const minute = 60_000;

describe('the timetable', () => {
  it('runs each job at once and again after a pause, never two runs of one at a time', async () => {
    let running = 0;
    let most = 0;
    const timetable = startTimetable(
      [
        {
          name: 'count',
          everyMs: 5,
          async run() {
            most = Math.max(most, ++running);
            await sleep(10);
            running--;
          },
        },
      ],
      () => {},
    );
    await expect.poll(() => timetable.states(new Date())[0]?.runs).toBeGreaterThan(2);
    await timetable.close();
    expect(most).toBe(1);
    expect(running).toBe(0);
    const { runs } = timetable.states(new Date())[0] ?? {};
    await sleep(30);
    expect(timetable.states(new Date())[0]?.runs).toBe(runs);
  });

  it('rests longer after a long run, where the job says how long at most', async () => {
    const counts = { patient: 0, steady: 0 };
    const take = (name: keyof typeof counts, ms: number) => async () => {
      counts[name]++;
      await sleep(ms);
    };
    const timetable = startTimetable(
      [
        { name: 'patient', everyMs: 5, atMostMs: minute, run: take('patient', 200) },
        { name: 'steady', everyMs: 5, run: take('steady', 1) },
      ],
      () => {},
    );
    await expect.poll(() => counts.steady).toBeGreaterThan(4);
    await timetable.close();
    expect(counts.patient).toBe(1);
  });

  it('tells who fails and goes on, and says when it went well again', async () => {
    let isBroken = true;
    const problems: unknown[] = [];
    const timetable = startTimetable(
      [
        {
          name: 'mend',
          everyMs: 5,
          async run() {
            if (isBroken) throw new Error('broken');
          },
        },
      ],
      (job, error) => problems.push([job.name, (error as Error).message]),
    );
    await expect.poll(() => timetable.states(new Date())[0]?.status).toBe('failing');
    expect(problems[0]).toEqual(['mend', 'broken']);
    isBroken = false;
    await expect.poll(() => timetable.states(new Date())[0]?.status).toBe('ok');
    const [state] = timetable.states(new Date());
    expect(state?.failures).toBe(problems.length);
    expect(state?.succeededAt).toBeInstanceOf(Date);
    await timetable.close();
  });

  it('calls a job late that does not end', async () => {
    let finish = () => {};
    const run = () => new Promise<void>((resolve) => (finish = resolve));
    const timetable = startTimetable([{ name: 'hang', everyMs: minute, run }], () => {});
    await sleep(20);
    expect(timetable.states(new Date())[0]?.status).toBe('ok');
    expect(timetable.states(new Date(Date.now() + 2 * minute))[0]?.status).toBe('late');
    finish();
    await timetable.close();
  });
});
