import { readdirSync, readFileSync } from 'node:fs';

/** Kernel ticks a second; 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

type Process = { parent: number; seconds: number };

function readProcess(pid: number): Process | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything; fields are counted behind it (proc(5): 4 ppid, 14 utime, 15 stime,
    // and 16, 17 those of children that have ended).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0);
    return { parent: Number(fields[1]), seconds: ticks / ticksPerSecond };
  } catch {
    return undefined; // it has ended meanwhile
  }
}

/** CPU time of a process and all that it has started, in seconds; NaN where there is no /proc. */
export function cpuSecondsOf(pid: number): number {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return Number.NaN;
  }
  const processes = new Map<number, Process>();
  for (const name of names) {
    const process = /^\d+$/.test(name) ? readProcess(Number(name)) : undefined;
    if (process) processes.set(Number(name), process);
  }
  const isBelow = (id: number): boolean => id === pid || isBelowParent(processes.get(id)?.parent ?? 0);
  const isBelowParent = (id: number): boolean => id > 1 && isBelow(id);
  let seconds = 0;
  for (const [id, process] of processes) if (isBelow(id)) seconds += process.seconds;
  return seconds;
}

/** Resident memory of a process in bytes; NaN where there is no /proc. */
export function memoryOf(pid: number): number {
  try {
    const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes) * 1_024;
  } catch {
    return Number.NaN;
  }
}
