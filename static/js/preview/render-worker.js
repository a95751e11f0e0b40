/** Highlights code and renders Markdown outside of the page's thread. Receives a `RenderRequest`, sends markup. */

/**
 * @param {string} text
 * @param {string} language
 */
async function highlight(text, language) {
  const { default: hljs } = await import("../../vendor/highlight/es/highlight.min.js");
  return hljs.getLanguage(language) ? hljs.highlight(text, { language, ignoreIllegals: true }).value : "";
}

/** @param {string} markdown */
async function render(markdown) {
  const { renderMarkdown } = await import("./markdown-rules.js");
  return renderMarkdown(markdown);
}

self.addEventListener("message", async (/** @type {MessageEvent<import("./render.js").RenderRequest>} */ { data: request }) => {
  try {
    self.postMessage("markdown" in request ? await render(request.markdown) : await highlight(request.text, request.language));
  } catch {
    self.postMessage("");
  }
});
