/** The list of a link's rules: dragged into another order, which is sent at once. Arrows beside each rule do the same. */
function startOrdering(list: HTMLElement): void {
  const order = () => [...list.children].map((rule) => (rule instanceof HTMLElement ? rule.dataset['rule'] : ''));
  const before = order().join(',');
  let dragged: HTMLElement | undefined;
  for (const rule of list.children) if (rule instanceof HTMLElement) rule.draggable = true;
  list.addEventListener('dragstart', (event) => {
    dragged = ruleOf(event.target);
    dragged?.setAttribute('data-dragged', '');
  });
  list.addEventListener('dragover', (event) => {
    const over = ruleOf(event.target);
    if (!dragged || !over) return;
    event.preventDefault();
    if (over === dragged) return;
    const { top, height } = over.getBoundingClientRect();
    list.insertBefore(dragged, event.clientY < top + height / 2 ? over : over.nextSibling);
  });
  list.addEventListener('dragend', () => {
    dragged?.removeAttribute('data-dragged');
    dragged = undefined;
    const after = order().join(',');
    if (after !== before) send(list, after);
  });
}

const ruleOf = (target: EventTarget | null) =>
  (target instanceof Element && target.closest<HTMLElement>('[data-rule]')) || undefined;

function send(list: HTMLElement, order: string): void {
  const form = document.createElement('form');
  form.method = 'post';
  form.action = list.dataset['rules'] ?? '';
  for (const [name, value] of Object.entries({ order, shown: list.dataset['shown'] ?? '' })) {
    const input = document.createElement('input');
    Object.assign(input, { type: 'hidden', name, value });
    form.append(input);
  }
  document.body.append(form);
  form.submit();
}

/** Offers the comparisons that a fact has, and its example; without scripts all are offered, and the server judges. */
function fitRow(row: Element): void {
  const what = row.querySelector<HTMLSelectElement>('.rule-what');
  const is = row.querySelector<HTMLSelectElement>('.rule-is');
  const values = row.querySelector<HTMLInputElement>('.rule-values input');
  const { operators = '', example = '' } = what?.selectedOptions[0]?.dataset ?? {};
  const offered = operators.split(' ');
  if (!is || !values) return;
  for (const option of is.options) option.hidden = option.disabled = !offered.includes(option.value);
  if (!offered.includes(is.value) && offered[0]) is.value = offered[0];
  values.placeholder = example;
}

/** Rules of links: their order, and rows of the form of one. */
export function startRules(): void {
  for (const list of document.querySelectorAll<HTMLElement>('[data-rules]:not([data-rules=""])')) startOrdering(list);
  for (const row of document.querySelectorAll('[data-rule-form] .rule-row')) fitRow(row);
  document.addEventListener('change', (event) => {
    const row =
      event.target instanceof Element && event.target.matches('.rule-what') && event.target.closest('.rule-row');
    if (!row) return;
    fitRow(row);
    const values = row.querySelector<HTMLInputElement>('.rule-values input');
    if (values) values.value = '';
  });
}
