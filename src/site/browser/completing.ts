/** Commas of the scripts that people type tags in; the server knows them all. */
const commas = /[,\u060c\u3001\uff0c]/;

/** Puts a suggested name into its field: in place of the last name where several stand there. */
function complete(button: HTMLElement): void {
  const input = button.closest('.completed')?.querySelector<HTMLInputElement>('[data-completed]');
  const name = button.dataset['complete'] ?? '';
  if (!input) return;
  const before = input.value
    .split(commas)
    .slice(0, -1)
    .map((each) => each.trim());
  input.value = input.dataset['completed'] === 'many' ? `${[...before, name].join(', ')}, ` : name;
  input.focus();
  input.dispatchEvent(new Event('input', { bubbles: true })); // what else is there may be suggested next
}

function suggestionsOf(target: EventTarget | null): { field: HTMLElement; buttons: HTMLElement[] } | undefined {
  const field = target instanceof Element && target.closest<HTMLElement>('.completed');
  if (!field) return undefined;
  return { field, buttons: [...field.querySelectorAll<HTMLElement>('[data-complete]')] };
}

/** The arrow keys go from a field to its suggestions and back. */
function moveInSuggestions(event: KeyboardEvent): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const suggestions = step && suggestionsOf(event.target);
  if (!suggestions) return;
  event.stopPropagation(); // a menu around the field would move on in its own items
  const { field, buttons } = suggestions;
  const next = buttons.findIndex((button) => button === event.target) + step;
  const goal = next < 0 ? field.querySelector<HTMLElement>('[data-completed]') : buttons[next];
  if (!goal) return;
  event.preventDefault();
  goal.focus();
}

/** Fields whose names are completed: htmx brings the suggestions, and they are chosen here. */
export function startCompleting(): void {
  document.addEventListener('click', (event) => {
    const button = event.target instanceof Element && event.target.closest<HTMLElement>('[data-complete]');
    if (!button) return;
    event.preventDefault(); // without scripts a button that offers a slug sends the form with it
    complete(button);
  });
  // Suggestions are there while their field has the focus, which a press would take away before it is a click.
  document.addEventListener('mousedown', (event) => {
    if (event.target instanceof Element && event.target.closest('[data-complete]')) event.preventDefault();
  });
  document.addEventListener('keydown', moveInSuggestions, true);
}
