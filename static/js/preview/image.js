/** A picture, decoded before it is displayed, so that nothing moves. */
import { createElement } from "./element.js";

/** @param {import("./preview-link.js").PreviewRequest} request */
export async function createPreview({ url, name }) {
  const image = createElement("img", { class: "preview-image", alt: name, referrerpolicy: "no-referrer", decoding: "async" });
  image.src = url;
  await image.decode();
  return { element: image };
}
