/** Away from the page's own thread: colors for code, and Markdown. In: `{words, language}` or `{markdown}`. Out: markup. */

async function colored(words, language) {
  const { default: hljs } = await import("@highlightjs/cdn-assets/es/highlight.min.js");
  return hljs.getLanguage(language) ? hljs.highlight(words, { language, ignoreIllegals: true }).value : "";
}

async function formatted(markdown) {
  const { render } = await import("./markdown-rules.js");
  return render(markdown);
}

self.addEventListener("message", async ({ data: { words, language, markdown } }) => {
  try {
    self.postMessage(language ? await colored(words, language) : await formatted(markdown));
  } catch {
    self.postMessage("");
  }
});
