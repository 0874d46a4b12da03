const width = 30;

/** A bar on stderr: `show` as often as one likes, `clear` at the end. A quiet one shows nothing. */
export function startProgress(isQuiet: boolean) {
  let shown = '';
  const draw = (line: string) => {
    if (isQuiet || line === shown) return;
    process.stderr.write(`\r${line.padEnd(shown.length)}`);
    shown = line;
  };
  return {
    show(what: string, done: number, total: number) {
      const filled = Math.round((done / total) * width);
      const percent = String(Math.floor((done / total) * 100)).padStart(3);
      draw(`${percent} % [${'='.repeat(filled)}${' '.repeat(width - filled)}] ${what}`);
    },
    clear() {
      draw('');
      if (!isQuiet) process.stderr.write('\r');
    },
  };
}

export type Progress = ReturnType<typeof startProgress>;
