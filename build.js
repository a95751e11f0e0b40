// Bundles the scripts and styles of the pages into static/build/, which Django collects: one script and one stylesheet a
// page, and the parts that a page loads when they are needed. `node build.js --watch` builds again after each change.
import { cp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { context } from "esbuild";

const project = fileURLToPath(new URL(".", import.meta.url));
const sources = join(project, "static");
const target = join(sources, "build");

/** What no page loads at its start: what each is served as, and its source. */
const LOADED_ON_DEMAND = {
  "archive-worker": "js/archive/service-worker.js",
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
async function listEntryPoints() {
  const entryPoints = Object.entries(LOADED_ON_DEMAND);
  for (const folder of ["js/entry-points", "css/entry-points"]) {
    for (const file of await readdir(join(sources, folder))) entryPoints.push([file.replace(/\.\w+$/, ""), join(folder, file)]);
  }
  return entryPoints;
}

/** Each entry point is a build of its own: built together, they would load what they have in common from further files. */
function createBuild([name, path]) {
  return context({
    entryPoints: { [name]: join(sources, path) },
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
const builds = await Promise.all((await listEntryPoints()).map(createBuild));
await Promise.all(builds.map((build) => build.rebuild()));
await cp(join(sources, "favicon.svg"), join(target, "favicon.svg"));
for (const file of PDFJS) await cp(join(project, "node_modules", "pdfjs-dist", file), join(target, "pdfjs", file), { recursive: true });
if (process.argv.includes("--watch")) await Promise.all(builds.map((build) => build.watch()));
else await Promise.all(builds.map((build) => build.dispose()));
