import assert from "node:assert/strict";
import { test } from "node:test";
import { RejectedFiles } from "../../../../static/js/upload/selection/rejected.js";
import { TypeRules } from "../../../../static/js/upload/selection/type-rules.js";

const allow = (values) => ({ isAllowed: true, extensions: [], mediaTypes: [], maxBytes: null, ...values });
const deny = (values) => ({ ...allow(values), isAllowed: false });
const file = (name, type = "", size = 1) => ({ name, type, size });
const TEXT = "Allowed here: .pdf image/*.";
const refusal = (rules, selected) => new TypeRules({ rules, text: TEXT }).refusal(selected);

test("without rules every file is added", () => {
  assert.equal(refusal([], file("a.exe")), "");
});

test("a file that no rule allows is named before it is added", () => {
  const rules = [allow({ extensions: ["pdf"], mediaTypes: ["image/*"] })];
  assert.equal(refusal(rules, file("A.PDF", "application/pdf")), "");
  assert.equal(refusal(rules, file("a.png", "image/png")), "");
  assert.equal(refusal(rules, file("a.exe", "application/x-msdownload")), TEXT);
});

test("what the browser cannot tell is left to the server", () => {
  assert.equal(refusal([allow({ mediaTypes: ["image/*"] })], file("a.heic")), "");
  assert.equal(refusal([allow({ mediaTypes: ["application/zip"] })], file("a.zip", "application/x-zip-compressed")), "");
  assert.equal(refusal([deny({ mediaTypes: ["application/zip"] })], file("a.zip")), "");
});

test("a denied type is refused in spite of a rule that allows it", () => {
  const rules = [deny({ extensions: ["exe"] }), allow({})];
  assert.equal(refusal(rules, file("setup.EXE")), TEXT);
  assert.equal(refusal(rules, file("exe")), "");
  assert.equal(refusal([deny({ mediaTypes: ["video/*"] })], file("a.mov", "video/quicktime")), TEXT);
});

test("a type has its largest size, the largest of the rules that may match", () => {
  const rules = [allow({ extensions: ["pdf"], maxBytes: 10 }), allow({ mediaTypes: ["application/pdf"], maxBytes: 20 })];
  assert.equal(refusal(rules, file("a.pdf", "application/pdf", 20)), "");
  assert.equal(refusal(rules, file("a.pdf", "application/pdf", 21)), "Files of this type can have at most 20 bytes here.");
  assert.equal(refusal([...rules, allow({})], file("a.pdf", "application/pdf", 21)), "");
});

test("what is not added is named together with what is allowed", () => {
  const rejectedFiles = new RejectedFiles();
  const rules = new TypeRules({ rules: [allow({ extensions: ["pdf"] })], text: TEXT });
  for (const name of ["a.exe", "b.bat", ".DS_Store"]) rejectedFiles.add(rules.rejection(file(name)));
  assert.equal(rules.rejection(file("a.pdf")), null);
  assert.equal(
    rejectedFiles.message,
    "Not added: “a.exe” and “b.bat”. Allowed here: .pdf image/*. Skipped system files: “.DS_Store”.",
  );
});
