/** Fills in what the browser knows when a workspace is made: its time zone, and a name made of the person's. */
export function startSignUp(): void {
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const field of document.querySelectorAll<HTMLInputElement>('[data-time-zone]')) {
    if (zone && field.value === 'UTC') field.value = zone;
  }

  const form = document.querySelector('[data-sign-up]');
  const person = form?.querySelector<HTMLInputElement>('[name=name]');
  const workspace = form?.querySelector<HTMLInputElement>('[name=workspaceName]');

  if (person && workspace) {
    // A name that does not fit is left to the server, which makes one that does.
    const suggestion = () => {
      const name = `${person.value.trim()}'s workspace`;
      return person.value.trim() && name.length <= Number(workspace.dataset['most']) ? name : '';
    };
    let suggested = workspace.value === '' ? '' : suggestion();
    person.addEventListener('input', () => {
      if (workspace.value !== suggested) return;
      suggested = suggestion();
      workspace.value = suggested;
    });
  }
}
