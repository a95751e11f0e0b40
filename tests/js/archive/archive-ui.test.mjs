// The page gives up on a service worker that does not start the download: the server sends it then.
import assert from "node:assert/strict";
import { test } from "node:test";

/** Node 20 lacks what the page requires of a browser. */
Promise.withResolvers ??= () => {
  let settle;
  const promise = new Promise((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...settle };
};
const element = () => ({ closest: () => null, querySelector: element, dataset: {} });
globalThis.document = { querySelector: () => ({ ...element(), dataset: { archive: "/share/x/archive" } }) };
globalThis.window = { location: { assign: () => {} } };
globalThis.fetch = async () => new Response(JSON.stringify({ files: [{ id: "a", size: 9 }], disposition: "" }));
const { downloadFiles } = await import("../../../static/js/archive/archive-ui.js");

/** Resolves once `condition` holds: messages between ports take some turns of the event loop. */
async function eventually(condition) {
  for (let turn = 0; !condition() && turn < 10_000; turn += 1) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  assert.ok(condition());
}

test("a download that the browser does not start in time is canceled in the worker", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const messages = [];
  let workerPort;
  const active = {
    postMessage: (_message, [port]) => {
      workerPort = port;
      port.on("message", (message) => messages.push(message));
      port.postMessage({ state: "waiting", bytes: 0, total: 9 });
    },
  };
  Object.defineProperty(globalThis, "navigator", { configurable: true, value: { serviceWorker: { register: async () => ({ active }) } } });
  let isAssigned = false;
  globalThis.window.location.assign = () => (isAssigned = true);
  const failure = assert.rejects(downloadFiles(["a"], element()), /too late/);
  await eventually(() => isAssigned);
  t.mock.timers.tick(5_000);
  await failure;
  await eventually(() => messages.length > 0);
  assert.deepEqual(messages, ["cancel"]);
  workerPort.close();
});
