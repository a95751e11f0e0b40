import assert from "node:assert/strict";
import { test } from "node:test";

import { decodeText, languageOf } from "../../../static/js/preview/decode-text.js";
import { renderMarkdown } from "../../../static/js/preview/markdown-parser.js";

const bytes = (...parts) => new Uint8Array(Buffer.concat(parts.map((part) => Buffer.from(part))));

test("text is decoded by its byte order mark, as UTF-8, or as the most common encoding before it", () => {
  assert.equal(decodeText(bytes("grün\r\n"), true), "grün\n");
  assert.equal(decodeText(bytes([0xef, 0xbb, 0xbf], "a"), true), "a");
  assert.equal(decodeText(bytes([0xff, 0xfe], Buffer.from("<b>ü", "utf16le")), true), "<b>ü");
  assert.equal(decodeText(bytes([0xfe, 0xff, 0, 0x61]), true), "a");
  assert.equal(decodeText(bytes([0x67, 0x72, 0xfc, 0x6e]), true), "grün");
  assert.equal(decodeText(bytes("+ADw-script+AD4-"), true), "+ADw-script+AD4-");
});

test("a character that is cut at the end is left out, and binary data is refused", () => {
  assert.equal(decodeText(bytes("gr", [0xc3]), false), "gr");
  assert.throws(() => decodeText(bytes("a\0b"), true));
});

test("the extension of the name implies the language", () => {
  assert.deepEqual(["a.PY", "Makefile", "x.tar.gz", "b.mjs"].map(languageOf), ["python", "makefile", "", "javascript"]);
});

test("markup in Markdown stays text", () => {
  const html = renderMarkdown("<script>x</script> <img src=x onerror=y>\n\n<svg onload=z>\n\n`</code>`");
  assert.equal(/<(?!\/?(?:p|code)>)/u.test(html), false, html);
});

test("only addresses of the web and of email become links, and pictures are named", () => {
  const script = ["javascript", "x"].join(":");
  const otherTargets = [script.toUpperCase(), "&#106;avascript:x", "data:text/html,x", "vbscript:x", "/accounts/", "//evil.test"];
  for (const target of [script, ...otherTargets]) {
    assert.equal(renderMarkdown(`[a](${target})`).includes("<a"), false, target);
  }
  assert.equal(renderMarkdown("[a](https://a.test/)"), '<p><a href="https://a.test/">a</a></p>\n');
  assert.equal(renderMarkdown("![b](https://a.test/b.png) ![](https://a.test/c.png)", "picture"), "<p>[b] [picture]</p>\n");
});

test("headings stand below those of the page, and columns have no style", () => {
  const html = renderMarkdown("# a\n\n##### b\n\n| c |\n|:-:|\n| d |");
  assert.match(html, /<h3>a<\/h3>\s*<h6>b<\/h6>/u);
  assert.equal(html.includes("style"), false);
});
