/** The text whose hash is the number of the lock of all rollups: one node at a time touches them, or changes the tables. */
export const rollupLockKey = 'waymark rollups';
