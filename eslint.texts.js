// A rule that refuses text for people outside of the functions of static/js/lib/i18n.js, which translate it.

const TRANSLATING_FUNCTIONS = new Set(["gettext", "ngettext"]);
const TEXT_PROPERTIES = new Set(["textContent", "innerText", "title", "placeholder", "alt", "ariaLabel"]);
const TEXT_ATTRIBUTES = new Set(["title", "placeholder", "alt", "aria-label", "aria-description"]);
/** Methods whose arguments are text, and after how many other arguments. */
const TEXT_METHODS = new Map([
  ["announce", 0],
  ["setTitlePrefix", 0],
  ["append", 0],
  ["prepend", 0],
  ["replaceChildren", 0],
  ["replaceWith", 0],
  ["createTextNode", 0],
  ["createElement", 2],
]);
/** An expression is displayed where the one around it is. */
const TRANSPARENT = new Set([
  "ArrayExpression",
  "BinaryExpression",
  "ConditionalExpression",
  "LogicalExpression",
  "SpreadElement",
  "TemplateLiteral",
]);

const nameOf = (node) => (node.type === "MemberExpression" ? nameOf(node.property) : node.name ?? node.value);

/** The literal parts of a string, with a blank for each value in it. */
const textOf = (node) => (node.type === "Literal" ? node.value : node.quasis.map(({ value }) => value.cooked).join(" "));

const hasLetters = (text) => /\p{L}/u.test(text);

/** A capital at the beginning, and several words. */
const isSentence = (text) => /^[^\p{L}]*\p{Lu}.*\p{L}[.,:;!?…”)]*\s+[^\s]*\p{L}/su.test(text);

function isTranslated({ parent }) {
  return parent.type === "CallExpression" && TRANSLATING_FUNCTIONS.has(nameOf(parent.callee));
}

function isDisplayed(node) {
  let child = node;
  while (TRANSPARENT.has(child.parent.type) && child.parent.test !== child) child = child.parent;
  const { parent } = child;
  switch (parent.type) {
    case "AssignmentExpression":
      return parent.left.type === "MemberExpression" && !parent.left.computed && TEXT_PROPERTIES.has(nameOf(parent.left));
    case "Property":
      return parent.value === child && TEXT_ATTRIBUTES.has(nameOf(parent.key));
    case "CallExpression":
      return isTextArgument(parent, child);
    default:
      return false;
  }
}

function isTextArgument({ callee, arguments: values }, value) {
  const name = nameOf(callee);
  const position = values.indexOf(value);
  if (name === "setAttribute") return position === 1 && TEXT_ATTRIBUTES.has(values[0].value);
  return TEXT_METHODS.has(name) && position >= TEXT_METHODS.get(name);
}

const noBareText = {
  meta: {
    type: "problem",
    docs: { description: "refuse text for people that is not translated" },
    messages: { bare: "Translate “{{text}}” with gettext or ngettext of static/js/lib/i18n.js." },
    schema: [],
  },
  create(context) {
    function check(node) {
      const text = textOf(node);
      if (typeof text !== "string" || isTranslated(node)) return;
      if (isSentence(text) || (hasLetters(text) && isDisplayed(node))) context.report({ node, messageId: "bare", data: { text } });
    }
    return { Literal: check, TemplateLiteral: check };
  },
};

export default { rules: { "no-bare-text": noBareText } };
