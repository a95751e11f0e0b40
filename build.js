// Bundles the scripts and styles of the pages into static/build/, which Django collects: one script and one stylesheet a
// page, and the parts that a page loads when they are needed. `node build.js --watch` builds again after each change.
import { cp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { context } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const source = join(here, "static");
const target = join(source, "build");

/** Scripts and styles that no page loads by itself: what each is served as, and its source. */
const LOADED_ON_DEMAND = {
  "archive-worker": "js/archive/worker.js",
  "content-worker": "js/upload/selection/content-worker.js",
  "digest-worker": "js/upload/hashing/digest-worker.js",
  "preview-worker": "js/preview/render-worker.js",
  preview: "css/preview.css",
};

/** Files that PDF.js loads itself; the build for browsers some years old, too, and no part that runs a document's scripts. */
const PDFJS = [
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
];

/** Every entry point as `[name, path]`, those of the pages by the names of their files. */
async function entryPoints() {
  const found = Object.entries(LOADED_ON_DEMAND);
  for (const folder of ["js/entry-points", "css/entry-points"]) {
    for (const file of await readdir(join(source, folder))) found.push([file.replace(/\.\w+$/, ""), join(folder, file)]);
  }
  return found;
}

/** Each entry point is a build of its own: built together, they would load what they have in common from further files. */
function bundle([name, path]) {
  return context({
    entryPoints: [{ in: join(source, path), out: name }],
    outdir: target,
    // Django gives the entry points their hashed names, esbuild the chunks that they import.
    chunkNames: "chunks/[name]-[hash]",
    format: "esm",
    target: "es2023",
    bundle: true,
    splitting: true,
    minify: true,
    sourcemap: true,
    logLevel: "warning",
  });
}

await rm(target, { recursive: true, force: true });
const bundles = await Promise.all((await entryPoints()).map(bundle));
await Promise.all(bundles.map((one) => one.rebuild()));
await cp(join(source, "favicon.svg"), join(target, "favicon.svg"));
for (const file of PDFJS) await cp(join(here, "node_modules", "pdfjs-dist", file), join(target, "pdfjs", file), { recursive: true });
if (process.argv.includes("--watch")) await Promise.all(bundles.map((one) => one.watch()));
else await Promise.all(bundles.map((one) => one.dispose()));
