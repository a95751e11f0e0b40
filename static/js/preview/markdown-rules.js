/** How Markdown is read: markup in it stays words, addresses are those of the web or of mail, pictures are named only. */
import markdownit from "markdown-it/browser";

const parser = markdownit({ html: false, linkify: true, maxNesting: 40 });
parser.validateLink = (address) => /^(?:https?|mailto):/iu.test(address.trim());
parser.renderer.rules.image = (tokens, index) => `[${parser.utils.escapeHtml(tokens[index].content || "picture")}]`;

/** The page around it has two levels of headings already; where a column stands is not worth an inline style. */
parser.core.ruler.push("plain", ({ tokens }) => {
  for (const token of tokens) {
    if (token.type.startsWith("heading")) token.tag = `h${Math.min(6, Number(token.tag[1]) + 2)}`;
    token.attrs = token.attrs?.filter(([name]) => name !== "style") ?? null;
  }
});

export const render = (markdown) => parser.render(markdown);
