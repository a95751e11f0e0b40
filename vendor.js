// Copies the icons that pages inline from the npm package to templates/icons/, where Django finds them.
import { cp } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const project = dirname(fileURLToPath(import.meta.url));
const icons = join(project, "node_modules", "lucide-static");

await cp(join(icons, "icons"), join(project, "templates", "icons"), { recursive: true });
await cp(join(icons, "LICENSE"), join(project, "templates", "icons", "LICENSE"));
