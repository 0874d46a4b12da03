// Loaded before the first paint, so that no page flashes in the wrong theme or with the wrong sidebar. Not a module: modules wait for the parser.
{
  const root = document.documentElement;
  const prefersDark = matchMedia('(prefers-color-scheme: dark)');

  const storedTheme = (): string | null => {
    try {
      return localStorage.getItem('theme');
    } catch {
      return null; // storage is switched off: the system decides
    }
  };

  const applyTheme = () => {
    const choice = storedTheme();
    const isDark = choice === 'dark' || (choice !== 'light' && prefersDark.matches);
    root.classList.toggle('dark', isDark);
    root.classList.toggle('light', !isDark);
  };

  const applySidebar = () => {
    try {
      if (localStorage.getItem('sidebar') === 'narrow') root.dataset['sidebar'] = 'narrow';
      else delete root.dataset['sidebar'];
    } catch {
      // storage is switched off: the sidebar is wide
    }
  };

  root.classList.add('js');
  root.classList.toggle('mac', /^(?:Mac|iP)/.test(navigator.platform)); // keys have other names there
  applyTheme();
  applySidebar();
  prefersDark.addEventListener('change', applyTheme);
  // another tab chose, or another page before this one came back out of the browser's memory
  for (const event of ['storage', 'pageshow']) {
    addEventListener(event, applyTheme);
    addEventListener(event, applySidebar);
  }
  document.addEventListener('waymark:theme', applyTheme);

  // A script or a stylesheet that did not arrive says nothing by itself. Such errors do not bubble; they can be captured.
  addEventListener(
    'error',
    ({ target }) => {
      if (!(target instanceof Element && target.matches('script, link[rel=stylesheet]'))) return;
      const show = () => document.querySelector('#load-notice')?.removeAttribute('hidden');
      root.dataset['partial'] = ''; // app.js is to leave the notice where it is
      if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', show);
      else show();
    },
    { capture: true },
  );
}
