import { crawlers } from './crawler-list.ts';
import type { PhraseTable } from '../visits/phrases.ts';
import { previews } from './preview-list.ts';
import { scanners } from './scanner-list.ts';
import { tools } from './tool-list.ts';

export type BotClass = 'preview' | 'crawler' | 'scanner' | 'tool';

/**
 * Bots that say who they are in their user agent, by class. The classes are asked in this order, because a preview
 * often names the tool it is built with. To teach Waymark a bot, add a line to its list and one to `test/clicks/corpus`.
 * Phrases: see `compilePhrases`; numbers in them stand for any number. A change also raises the version in `classify.ts`.
 */
export const bots: readonly (readonly [BotClass, PhraseTable])[] = [
  ['preview', previews],
  ['crawler', crawlers],
  ['scanner', scanners],
  ['tool', tools],
];
