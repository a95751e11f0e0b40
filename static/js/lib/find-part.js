/** Finds elements by their `data-part` attribute: templates/_uploader.html lists them. */

/** @typedef {(name: string) => HTMLElement} FindPart */

/**
 * @param {ParentNode} root  whose parts are never replaced
 * @returns {FindPart}
 */
export function partFinder(root) {
  /** @type {Map<string, HTMLElement>} */
  const cache = new Map();
  return (name) => {
    /** @type {HTMLElement | null} */
    const element = cache.get(name) ?? root.querySelector(`[data-part="${name}"]`);
    if (element === null) throw new Error(`the page has no part ${name}`);
    cache.set(name, element);
    return element;
  };
}

/**
 * A copy of the only element in a template.
 *
 * @param {HTMLElement} template
 * @returns {HTMLElement}
 */
export function cloneTemplate(template) {
  const { content } = /** @type {HTMLTemplateElement} */ (template);
  return /** @type {HTMLElement} */ (/** @type {Element} */ (content.firstElementChild).cloneNode(true));
}
