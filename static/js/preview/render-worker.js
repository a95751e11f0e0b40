/** Highlights code and renders Markdown outside of the page's thread. Receives a `RenderRequest`, sends markup. */

/** @typedef {{text: string, language: string} | {markdown: string, pictureLabel: string}} RenderRequest */

/**
 * @param {string} text
 * @param {string} language
 */
async function highlight(text, language) {
  const { default: hljs } = await import("@highlightjs/cdn-assets/es/highlight.min.js");
  return hljs.getLanguage(language) ? hljs.highlight(text, { language, ignoreIllegals: true }).value : "";
}

/**
 * @param {string} markdown
 * @param {string} pictureLabel
 */
async function render(markdown, pictureLabel) {
  const { renderMarkdown } = await import("./markdown-parser.js");
  return renderMarkdown(markdown, pictureLabel);
}

/** @param {RenderRequest} request */
function respond(request) {
  return "markdown" in request ? render(request.markdown, request.pictureLabel) : highlight(request.text, request.language);
}

self.addEventListener("message", async (/** @type {MessageEvent<RenderRequest>} */ { data: request }) => {
  try {
    self.postMessage(await respond(request));
  } catch {
    self.postMessage("");
  }
});

// A module, so that other modules can import its types.
export {};
