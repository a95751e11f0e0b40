/** The page of the storage doctor: this browser sends, downloads and deletes one object, and lists what works. */
import { gettext, interpolate } from "../lib/i18n.js";

/**
 * URLs of one object, from the server.
 *
 * @typedef {{ upload_url: string, upload_headers: Record<string, string>, download_url: string, body: string, is_exact: boolean }} Probe
 */

/**
 * @typedef {object} Result
 * @property {string} message
 * @property {string} [remedy] missing if all is well
 */

const TIMEOUT_MS = 20_000;
const RANGE_END = 9;
const SETUP = gettext("Run “manage.py storage setup”, or set the CORS rules in the storage: PUT and GET from this address, with any header.");

/**
 * The response; null without one that this page may read.
 *
 * @param {string} url
 * @param {RequestInit} [options]
 */
async function request(url, options) {
  try {
    return await fetch(url, { ...options, cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch {
    return null;
  }
}

/**
 * Why a page gets no response: a request without CORS shows whether it is for the rules, or whether the storage is out of reach.
 *
 * @param {string} url
 * @returns {Promise<Result>}
 */
async function explainSilence(url) {
  const { origin } = new URL(url);
  if (await request(url, { mode: "no-cors" })) {
    const message = gettext("The CORS rules of %(origin)s do not let pages at %(page)s do this (the browser asks with a preflight request).");
    return { message: interpolate(message, { origin, page: location.origin }), remedy: SETUP };
  }
  const remedy = gettext("Check S3_PUBLIC_ENDPOINT_URL, its certificate, and that it is https if this page is.");
  return { message: interpolate(gettext("This browser gets no response from %(origin)s."), { origin }), remedy };
}

/**
 * @param {Probe} probe
 * @returns {Promise<Result[]>}
 */
async function upload(probe) {
  const response = await request(probe.upload_url, { method: "PUT", headers: probe.upload_headers, body: probe.body });
  if (!response) return [await explainSilence(probe.upload_url)];
  if (!response.ok) {
    const message = interpolate(gettext("The upload is answered with %(status)s."), { status: response.status });
    return [{ message, remedy: gettext("The list above shows why, if the server gets the same response; otherwise look for a proxy.") }];
  }
  const results = [{ message: gettext("This browser can send a file, after a CORS preflight request.") }];
  if (response.headers.has("ETag")) return results;
  return [...results, { message: gettext("Pages cannot read the ETag of what they send."), remedy: SETUP }];
}

/**
 * @param {Probe} probe
 * @returns {Promise<Result>}
 */
async function download(probe) {
  const response = await request(probe.download_url);
  if (!response) return explainSilence(probe.download_url);
  if (response.ok && (!probe.is_exact || (await response.text()) === probe.body)) {
    return { message: gettext("This browser can download a file.") };
  }
  const message = interpolate(gettext("The download is answered with %(status)s, or with other bytes."), { status: response.status });
  return { message, remedy: gettext("Look for a proxy or a CDN between this browser and the storage that changes requests.") };
}

/**
 * @param {Probe} probe
 * @returns {Promise<Result>}
 */
async function downloadRange(probe) {
  const response = await request(probe.download_url, { headers: { Range: `bytes=0-${RANGE_END}` } });
  if (!response) return explainSilence(probe.download_url);
  const isPart = response.status === 206 && (!probe.is_exact || (await response.text()) === probe.body.slice(0, RANGE_END + 1));
  if (isPart) return { message: gettext("This browser can continue a download in the middle of a file.") };
  const message = interpolate(gettext("A part of a file is answered with %(status)s, so interrupted downloads start again."), {
    status: response.status,
  });
  return { message, remedy: gettext("Let the Range header through to the storage, or use a storage that supports it.") };
}

/**
 * @param {HTMLElement} element with the URL
 * @returns {Promise<Result>}
 */
async function clean(element) {
  const csrf = document.querySelector("input[name=csrfmiddlewaretoken]")?.getAttribute("value") ?? "";
  const response = await request(element.dataset.deleteUrl ?? "", { method: "POST", headers: { "X-CSRFToken": csrf } });
  if (response?.ok) return { message: gettext("The test file is deleted.") };
  return { message: gettext("The test file could not be deleted."), remedy: gettext("Run this examination again: it deletes the file first.") };
}

/**
 * @param {HTMLElement} list
 * @param {Result} result
 */
function render(list, { message, remedy }) {
  const item = document.createElement("li");
  item.className = remedy ? "error" : "success";
  item.textContent = remedy ? interpolate(gettext("%(problem)s → %(remedy)s"), { problem: message, remedy }) : message;
  list.append(item);
}

/**
 * @param {HTMLElement} list
 * @param {Probe} probe
 */
async function run(list, probe) {
  const uploaded = await upload(probe);
  for (const result of uploaded) render(list, result);
  // Without the object there is nothing to download.
  if (!uploaded[0].remedy) {
    render(list, await download(probe));
    render(list, await downloadRange(probe));
  }
  render(list, await clean(list));
  list.setAttribute("aria-busy", "false");
}

const findings = document.getElementById("browser-findings");
const json = document.getElementById("storage-probe")?.textContent;
if (findings && json) await run(findings, JSON.parse(json));
