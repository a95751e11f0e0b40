// Copies the few modules that the browser loads from npm packages to static/vendor/, where the site serves them from.
import { cp, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const wanted = {
  "noble-hashes": ["@noble/hashes", "sha2.js", "_md.js", "_u64.js", "utils.js", "LICENSE"],
  "client-zip": ["client-zip", "index.js", "LICENSE.txt"],
  "file-type-mime": ["file-type-mime", "dist/index.js"],
  "image-dimensions": ["image-dimensions", "index.js", "utilities.js", "types", "license"],
};

for (const [folder, [name, ...files]] of Object.entries(wanted)) {
  const target = join(here, "static", "vendor", folder);
  await mkdir(target, { recursive: true });
  for (const file of files) await cp(join(here, "node_modules", name, file), join(target, file), { recursive: true });
}
