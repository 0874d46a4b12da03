import './chart.ts';
import { startCopying } from './copy.ts';
import { startPopovers } from './popovers.ts';
import { startShortcuts } from './shortcuts.ts';
import { startThemeChoice } from './theme-choice.ts';
import { startToasts } from './toast.ts';

startThemeChoice();
startPopovers();
startCopying();
startShortcuts();
startToasts();
