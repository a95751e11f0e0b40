/** How Markdown is rendered: markup in it stays text, links lead to the web or to email addresses, pictures are only named. */
import markdownit from "markdown-it/browser";

const parser = markdownit({ html: false, linkify: true, maxNesting: 40 });
parser.validateLink = (address) => /^(?:https?|mailto):/iu.test(address.trim());
parser.renderer.rules.image = (tokens, index, _options, env) =>
  `[${parser.utils.escapeHtml(tokens[index].content || String(env?.pictureLabel))}]`;

/** The page around it has two levels of headings already; the alignment of a column is not worth an inline style. */
parser.core.ruler.push("plain", ({ tokens }) => {
  for (const token of tokens) {
    if (token.type.startsWith("heading")) token.tag = `h${Math.min(6, Number(token.tag[1]) + 2)}`;
    token.attrs = token.attrs?.filter(([name]) => name !== "style") ?? null;
  }
});

/**
 * @param {string} markdown
 * @param {string} pictureLabel  for a picture without a description
 */
export const renderMarkdown = (markdown, pictureLabel) => parser.render(markdown, { pictureLabel });
