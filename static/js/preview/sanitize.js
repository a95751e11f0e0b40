/**
 * The only place where markup from a library becomes elements: DOMPurify allows the given tags and attributes, and no
 * addresses but those of the web and of email.
 */
import DOMPurify from "dompurify";

/**
 * @param {string} html
 * @param {{tags: string[], attributes: string[]}} allowed
 * @returns {DocumentFragment}
 */
export function sanitize(html, { tags, attributes }) {
  return DOMPurify.sanitize(html, {
    ALLOWED_TAGS: tags,
    ALLOWED_ATTR: attributes,
    ALLOWED_URI_REGEXP: /^(?:https?|mailto):/iu,
    ADD_URI_SAFE_ATTR: ["start"], // the first number of a list is no address
    ALLOW_ARIA_ATTR: false,
    ALLOW_DATA_ATTR: false,
    KEEP_CONTENT: true,
    RETURN_DOM_FRAGMENT: true,
  });
}
