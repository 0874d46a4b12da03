import { type Announcement, listen } from '../../src/db/notify.ts';

/** What every node is told from now on, in order. */
export async function hearAnnouncements(databaseUrl: string): Promise<{
  heard: Announcement[];
  close(): Promise<void>;
}> {
  const heard: Announcement[] = [];
  const listener = await listen(
    databaseUrl,
    (announcement) => void heard.push(announcement),
    () => {},
  );
  return { heard, close: () => listener.close() };
}
