import { test } from "node:test";
import { RuleTester } from "eslint";

import texts from "../../../eslint.texts.js";

RuleTester.it = (title, check) => test(`no-bare-text: ${title}`, check);
RuleTester.describe = (_title, runTests) => runTests();

const errors = [{ messageId: "bare" }];
new RuleTester().run("no-bare-text", texts.rules["no-bare-text"], {
  valid: [
    'status.textContent = gettext("Your ZIP has been saved.");',
    'status.textContent = ngettext("%(count)s file", "%(count)s files", count);',
    'status.textContent = interpolate(gettext("Cancel: %(name)s"), { name });',
    "status.textContent = `${first} · ${second}`;",
    'createElement("p", { class: "preview-status muted", "aria-label": name }, text);',
    'throw new Error("the connection ended early");',
    'headers["Content-Disposition"] = disposition;',
    'button.setAttribute("aria-busy", "true");',
    'list.append(kind === "folder" ? folder : file);',
  ],
  invalid: [
    { code: 'const TEXTS = { done: "Your ZIP has been saved." };', errors },
    { code: 'throw new RefusalError("The storage is not responding.");', errors },
    { code: "const text = `Page ${number} cannot be drawn.`;", errors },
    { code: 'label.textContent = "copied";', errors },
    { code: 'label.textContent = isVisible ? "Hide" : gettext("Show");', errors },
    { code: "label.textContent = `${count} of ${total}`;", errors },
    { code: 'label.append("All");', errors },
    { code: 'announcer.announce(`${percent} percent`);', errors },
    { code: 'input.setAttribute("aria-label", "all");', errors },
    { code: 'createElement("p", { title: "close" }, name);', errors },
    { code: 'createElement("p", {}, "close");', errors },
  ],
});
