/** A picture, decoded before it is put in, so that nothing moves. */
import { element } from "./element.js";

export async function show({ url, name }) {
  const image = element("img", { class: "preview-image", alt: name, referrerpolicy: "no-referrer", decoding: "async" });
  image.src = url;
  await image.decode();
  return { node: image };
}
