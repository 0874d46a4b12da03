import htmx from 'htmx.org';
import './chart.ts';
import { startCompleting } from './completing.ts';
import { startCopying } from './copy.ts';
import { startDownloads } from './download.ts';
import { startLive } from './live.ts';
import { startPictures } from './picture.ts';
import { startLogos } from './logo.ts';
import { startPopovers } from './popovers.ts';
import { startPrinting } from './print.ts';
import { startRefusals } from './refusals.ts';
import { startSelecting } from './selecting.ts';
import { startShortcuts } from './shortcuts.ts';
import { startSignUp } from './sign-up.ts';
import { startThemeChoice } from './theme-choice.ts';
import { startToasts } from './toast.ts';

// Timers may come late on a busy machine; a key that opens a form must find it ready.
htmx.initialize();
startThemeChoice();
startPopovers();
startCopying();
startShortcuts();
startToasts();
startLive();
startLogos();
startPrinting();
startPictures();
startDownloads();
startCompleting();
startSelecting();
startSignUp();
startRefusals();
// All scripts are here. A stylesheet may still fail: only once everything has arrived or not need the page say nothing.
const dropNotice = () => document.querySelector(':root:not([data-partial]) #load-notice')?.remove();
if (document.readyState === 'complete') dropNotice();
else addEventListener('load', dropNotice);
