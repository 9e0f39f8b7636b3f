/* global document */

/**
 * Makes an element. Texts become text nodes, whatever they contain.
 *
 * @param {string} tag
 * @param {Record<string, string | number | boolean | null | undefined | ((event: any) => void)>} [props]
 *   attributes; functions are listeners
 * @param {...(Node | string | null)} children
 * @returns {HTMLElement}
 */
export function element(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  set(made, props);
  made.append(...children.filter((child) => child !== null));
  return made;
}

/**
 * @param {string} tag
 * @param {Record<string, string | number>} props
 * @param {...Node} children
 * @returns {SVGElement}
 */
export function vector(tag, props, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  set(made, props);
  made.append(...children);
  return made;
}

/**
 * @param {Element} target
 * @param {Record<string, any>} props
 */
function set(target, props) {
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === 'function') target.addEventListener(name, value);
    else if (value === true) target.setAttribute(name, '');
    else if (value !== false && value != null) target.setAttribute(name, String(value));
  }
}

/**
 * The element with that id, which the page has.
 *
 * @param {string} id
 * @returns {any}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no #${id}`);
  return found;
}

/**
 * Makes these the children. What stays is not touched, so that it keeps the focus.
 *
 * @param {Element} parent
 * @param {readonly Element[]} wanted
 */
export function keepChildren(parent, wanted) {
  const kept = new Set(wanted);
  for (const child of [...parent.children]) if (!kept.has(child)) child.remove();
  wanted.forEach((child, index) => {
    const there = parent.children[index];
    if (there !== child) parent.insertBefore(child, there ?? null);
  });
}

/**
 * Lets the arrow keys, Home and End go through children of which Tab stops at one only: the one that
 * has the focus or is selected, else the first.
 *
 * @param {HTMLElement} parent
 * @param {{ readonly item: string, readonly before: string, readonly after: string }} options
 *   a selector of the children, and the keys that lead to the one before and after
 */
export function roam(parent, { item, before, after }) {
  const items = () => /** @type {HTMLElement[]} */ ([...parent.querySelectorAll(item)]);
  const settle = () => {
    const all = items();
    const stop =
      all.find((one) => one === document.activeElement) ??
      all.find((one) => one.getAttribute('aria-selected') === 'true') ??
      all[0];
    for (const one of all) {
      const tabIndex = one === stop ? '0' : '-1';
      if (one.getAttribute('tabindex') !== tabIndex) one.setAttribute('tabindex', tabIndex);
    }
  };
  parent.addEventListener('focusin', settle);
  parent.addEventListener('keydown', (event) => {
    const all = items();
    const at = all.findIndex((one) => one === document.activeElement);
    if (at < 0) return;
    const to = { [before]: at - 1, [after]: at + 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined) return;
    // The page has other uses for these keys.
    event.preventDefault();
    event.stopPropagation();
    all[Math.min(Math.max(to, 0), all.length - 1)]?.focus();
  });
  return settle;
}

/**
 * Sets a text only where it differs, so that nothing is selected away or read out anew.
 *
 * @param {Element} target
 * @param {string} text
 */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}
