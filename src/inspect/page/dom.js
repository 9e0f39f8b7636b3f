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
 * Sets a text only where it differs, so that nothing is selected away or read out anew.
 *
 * @param {Element} target
 * @param {string} text
 */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}
