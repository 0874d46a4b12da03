/**
 * The text whose hash is the number of the lock of all rollups. Those who count a workspace share it; those who work on
 * all have it alone.
 */
export const rollupLockKey = 'waymark rollups';
