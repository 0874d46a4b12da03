/** Forms that say data-guarded: somebody who leaves with unsaved changes is asked. */

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

/** Forms that the browser is sending: leaving is the purpose. */
const sent = new WeakSet<HTMLFormElement>();

function isChanged(field: Field): boolean {
  if (field instanceof HTMLSelectElement) {
    const options = [...field.options];
    const chosen = options.filter((each) => each.defaultSelected);
    // Browsers show the first of a list in which none is chosen.
    const shown = chosen.length > 0 || field.multiple ? chosen : options.slice(0, 1);
    return options.some((each) => each.selected !== shown.includes(each));
  }
  if (field.type === 'hidden') return false;
  if (field instanceof HTMLInputElement && ['checkbox', 'radio'].includes(field.type))
    return field.checked !== field.defaultChecked;
  return field.value !== field.defaultValue;
}

/** Whether a guarded form in there holds something that is not saved. One that was refused holds what was typed before. */
export const isUnsaved = (within: ParentNode): boolean =>
  [...within.querySelectorAll<HTMLFormElement>('form[data-guarded]')].some(
    (form) =>
      !sent.has(form) &&
      form.checkVisibility() &&
      (form.dataset['guarded'] === 'changed' ||
        [...form.querySelectorAll<Field>('input[name], textarea[name], select[name]')].some(isChanged)),
  );

export function startGuarding(): void {
  document.addEventListener('submit', ({ target, defaultPrevented }) => {
    if (target instanceof HTMLFormElement && !defaultPrevented) sent.add(target);
  });
  addEventListener('pageshow', () => {
    for (const form of document.querySelectorAll('form')) sent.delete(form);
  });
  addEventListener('beforeunload', (event) => {
    if (isUnsaved(document)) event.preventDefault();
  });
}
