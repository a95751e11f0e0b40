/**
 * Reads one slice of a file and answers with its SHA-256, away from the page's own thread.
 *
 * In: `{id, blob}`. Out: `{id, digest: ArrayBuffer}` or `{id, error: string}`. Browsers hide WebCrypto on plain http
 * (a local network without a certificate); there a library in plain JavaScript does the same sum more slowly.
 */
let fallback = null;

async function sha256(bytes) {
  if (globalThis.crypto?.subtle) return crypto.subtle.digest("SHA-256", bytes);
  fallback ??= import("../../vendor/noble-hashes/sha2.js");
  const library = await fallback;
  return library.sha256(new Uint8Array(bytes)).buffer;
}

self.addEventListener("message", async ({ data: { id, blob } }) => {
  try {
    const digest = await sha256(await blob.arrayBuffer());
    self.postMessage({ id, digest }, [digest]);
  } catch (error) {
    self.postMessage({ id, error: error.name === "NotReadableError" || error.name === "NotFoundError" ? "" : String(error) });
  }
});
