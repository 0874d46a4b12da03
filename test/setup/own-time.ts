/**
 * How long this process works on something, in milliseconds: the best of three, in time of its own. What else the machine does
 * meanwhile does not count.
 */
export function ownTimeOf(work: () => unknown): number {
  const times = Array.from({ length: 3 }, () => {
    const start = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1_000;
  });
  return Math.min(...times);
}
