/**
 * What libraries write as markup becomes elements here and nowhere else: DOMPurify lets the named tags and attributes
 * through, and no address but those of the web and of mail.
 */
import DOMPurify from "dompurify";

export function cleaned(html, { tags, attributes }) {
  return DOMPurify.sanitize(html, {
    ALLOWED_TAGS: tags,
    ALLOWED_ATTR: attributes,
    ALLOWED_URI_REGEXP: /^(?:https?|mailto):/iu,
    ADD_URI_SAFE_ATTR: ["start"], // where a list begins to count is no address
    ALLOW_ARIA_ATTR: false,
    ALLOW_DATA_ATTR: false,
    KEEP_CONTENT: true,
    RETURN_DOM_FRAGMENT: true,
  });
}
