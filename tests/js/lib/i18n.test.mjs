import assert from "node:assert/strict";
import { test } from "node:test";

/** The module as a page in `language` has it; each import with another query is a module of its own. */
async function loadModule(language, catalog) {
  globalThis.document = {
    documentElement: { lang: language },
    getElementById: (id) => (catalog && id === "script-catalog" ? { textContent: JSON.stringify(catalog) } : null),
  };
  try {
    return await import(`../../../static/js/lib/i18n.js?${language}`);
  } finally {
    delete globalThis.document;
  }
}

const RUSSIAN = {
  texts: { Copy: "Копировать", "%(count)s file": ["%(count)s файл", "%(count)s файла", "%(count)s файлов"] },
  samples: [1, 2, 0],
};

test("without a catalog, texts are English", async () => {
  const { gettext, language, ngettext } = await loadModule("en");
  assert.equal(language, "en");
  assert.equal(gettext("Copy"), "Copy");
  assert.deepEqual([0, 1, 2].map((count) => ngettext("file", "files", count)), ["files", "file", "files"]);
});

test("a worker, which has no page, has English texts", async () => {
  const { gettext, language } = await import("../../../static/js/lib/i18n.js?worker");
  assert.deepEqual([language, gettext("Copy")], ["en", "Copy"]);
});

test("a catalog translates texts, and keeps those without a translation", async () => {
  const { gettext } = await loadModule("ru", RUSSIAN);
  assert.deepEqual(["Copy", "Close", "constructor"].map(gettext), ["Копировать", "Close", "constructor"]);
});

test("the form of a plural is the one whose sample has the same category", async () => {
  const { interpolate, ngettext } = await loadModule("ru", RUSSIAN);
  const texts = [1, 3, 5, 11, 21].map((count) => interpolate(ngettext("%(count)s file", "%(count)s files", count), { count }));
  assert.deepEqual(texts, ["1 файл", "3 файла", "5 файлов", "11 файлов", "21 файл"]);
});

test("a number without a sample of its category has the general form", async () => {
  const texts = { "%(count)s file": ["[%(count)s file]", "[%(count)s files]"] };
  const { ngettext } = await loadModule("ar-xb", { texts, samples: [1, 0] });
  const [singular, plural] = texts["%(count)s file"];
  assert.deepEqual([1, 2, 3].map((count) => ngettext("%(count)s file", "", count)), [singular, plural, plural]);
});

test("placeholders are filled in once, with numbers as the language writes them", async () => {
  const { formatDate, formatList, formatNumber, formatPercent, interpolate } = await loadModule("de");
  assert.equal(interpolate("%(name)s: %(size)s", { name: "%(size)s", size: 1.5 }), "%(size)s: 1,5");
  assert.equal(interpolate("%(percent)s % of %(count)s", { percent: 5, count: 12000 }), "5 % of 12000");
  assert.equal(formatNumber(1.25, { style: "unit", unit: "megabyte" }), "1,25 MB");
  assert.equal(formatPercent(7), "7\u00a0%");
  assert.equal(formatList(["a", "b", "c"]), "a, b und c");
  assert.equal(formatDate(new Date(2026, 10, 28), { weekday: "short" }), "Sa");
});
