// Copies what the site takes from npm packages: modules that the browser loads to static/vendor/, and the icons that
// pages inline to templates/icons/. Nothing of the packages themselves is needed afterwards.
import { cp, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const wanted = {
  "noble-hashes": ["@noble/hashes", "sha2.js", "legacy.js", "_md.js", "_u64.js", "utils.js", "LICENSE"],
  "client-zip": ["client-zip", "index.js", "LICENSE.txt"],
  "file-type-mime": ["file-type-mime", "dist/index.js"],
  highlight: ["@highlightjs/cdn-assets", "es/highlight.min.js", "LICENSE"],
  "markdown-it": ["markdown-it", "dist/browser/markdown-it.esm.min.mjs", "LICENSE"],
  dompurify: ["dompurify", "dist/purify.es.mjs", "LICENSE"],
  // For browsers some years old, too, and without the part that runs a document's own scripts.
  pdfjs: [
    "pdfjs-dist",
    "legacy/build/pdf.min.mjs",
    "legacy/build/pdf.worker.min.mjs",
    "wasm/openjpeg_nowasm_fallback.js",
    "wasm/jbig2_nowasm_fallback.js",
    "wasm/LICENSE_OPENJPEG",
    "wasm/LICENSE_PDFJS_OPENJPEG",
    "wasm/LICENSE_JBIG2",
    "wasm/LICENSE_PDFJS_JBIG2",
    "cmaps",
    "standard_fonts",
    "LICENSE",
  ],
  "image-dimensions": ["image-dimensions", "index.js", "utilities.js", "types", "license"],
};

for (const [folder, [name, ...files]] of Object.entries(wanted)) {
  const target = join(here, "static", "vendor", folder);
  await mkdir(target, { recursive: true });
  for (const file of files) await cp(join(here, "node_modules", name, file), join(target, file), { recursive: true });
}

const icons = join(here, "node_modules", "lucide-static");
await cp(join(icons, "icons"), join(here, "templates", "icons"), { recursive: true });
await cp(join(icons, "LICENSE"), join(here, "templates", "icons", "LICENSE"));
