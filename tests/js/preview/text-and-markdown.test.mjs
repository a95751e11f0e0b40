import assert from "node:assert/strict";
import { test } from "node:test";

import { languageOf, wordsOf } from "../../../static/js/preview/decode-text.js";
import { render } from "../../../static/js/preview/markdown-rules.js";

const bytes = (...parts) => new Uint8Array(Buffer.concat(parts.map((part) => Buffer.from(part))));

test("bytes are words by their mark, as UTF-8, or as what was usual before it", () => {
  assert.equal(wordsOf(bytes("grün\r\n"), true), "grün\n");
  assert.equal(wordsOf(bytes([0xef, 0xbb, 0xbf], "a"), true), "a");
  assert.equal(wordsOf(bytes([0xff, 0xfe], Buffer.from("<b>ü", "utf16le")), true), "<b>ü");
  assert.equal(wordsOf(bytes([0xfe, 0xff, 0, 0x61]), true), "a");
  assert.equal(wordsOf(bytes([0x67, 0x72, 0xfc, 0x6e]), true), "grün");
  assert.equal(wordsOf(bytes("+ADw-script+AD4-"), true), "+ADw-script+AD4-");
});

test("a character that is cut at the end is left out, and what is no text is said to be none", () => {
  assert.equal(wordsOf(bytes("gr", [0xc3]), false), "gr");
  assert.throws(() => wordsOf(bytes("a\0b"), true));
});

test("the end of the name tells the language", () => {
  assert.deepEqual(["a.PY", "Makefile", "x.tar.gz", "b.mjs"].map(languageOf), ["python", "makefile", "", "javascript"]);
});

test("markup in Markdown stays words", () => {
  const html = render("<script>x</script> <img src=x onerror=y>\n\n<svg onload=z>\n\n`</code>`");
  assert.equal(/<(?!\/?(?:p|code)>)/u.test(html), false, html);
});

test("only addresses of the web and of mail become links, and pictures are named", () => {
  const script = ["javascript", "x"].join(":");
  const others = [script.toUpperCase(), "&#106;avascript:x", "data:text/html,x", "vbscript:x", "/accounts/", "//evil.test"];
  for (const target of [script, ...others]) {
    assert.equal(render(`[a](${target})`).includes("<a"), false, target);
  }
  assert.equal(render("[a](https://a.test/)"), '<p><a href="https://a.test/">a</a></p>\n');
  assert.equal(render("![b](https://a.test/b.png) ![](https://a.test/c.png)"), "<p>[b] [picture]</p>\n");
});

test("headings stand below those of the page, and columns have no style", () => {
  const html = render("# a\n\n##### b\n\n| c |\n|:-:|\n| d |");
  assert.match(html, /<h3>a<\/h3>\s*<h6>b<\/h6>/u);
  assert.equal(html.includes("style"), false);
});
