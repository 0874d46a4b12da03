import { openDatabase } from '../../src/ground/db/db.ts';
import { type Announcement, listen } from '../../src/ground/db/notify.ts';

/** All that every node is told from now on, in order. */
export async function hearAnnouncements(databaseUrl: string): Promise<{
  heard: Announcement[];
  close(): Promise<void>;
}> {
  const heard: Announcement[] = [];
  const database = openDatabase(databaseUrl, () => {}, 1);
  const listener = await listen({
    url: databaseUrl,
    db: database.db,
    onAnnouncement: (announcement) => void heard.push(announcement),
    onGap: () => {},
  });
  return {
    heard,
    async close() {
      await listener.close();
      await database.close();
    },
  };
}
