import { once } from 'node:events';
import { Readable } from 'node:stream';
import { Turns } from '../db/turns.ts';

/** Files that are being sent. Each holds a page of rows for as long as its reader takes; readers may be slow on purpose. */
const downloads = new Turns({ ofWorkspace: 4, ofAll: 40 });

/** How long a file that is half written waits for the turn of its next page, in milliseconds: else it would be broken. */
export const patientMs = 60_000;

/**
 * Begins a file: its head and the first page are there before it is sent, so that a refusal is still an answer.
 * @param pieces the head, and then page after page; the next is made when the last one was taken
 * @throws what making the first page throws; LimitReached or Unavailable when too many files are being sent
 */
export async function beginDownload(workspaceId: string, pieces: AsyncGenerator<string>): Promise<Readable> {
  const end = await downloads.begin(workspaceId);
  try {
    const [head, first] = [await pieces.next(), await pieces.next()];
    const file = Readable.from(joined([head, first], pieces));
    void once(file, 'close').then(end, end);
    return file;
  } catch (error) {
    end();
    throw error;
  }
}

async function* joined(begun: readonly IteratorResult<string>[], rest: AsyncGenerator<string>): AsyncGenerator<string> {
  for (const { value, done } of begun) if (!done) yield value;
  yield* rest;
}
