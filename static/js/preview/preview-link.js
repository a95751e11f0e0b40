/** Asks the site where a file can be had for a minute or two, and reads it from there. */

/** The site or the storage said no, in words for people. */
export class Refused extends Error {}

/** Takes a download, or none under a grant: the same act as the button's own form. */
export async function ask(button, signal) {
  const body = new URLSearchParams({ csrfmiddlewaretoken: button.form.elements.csrfmiddlewaretoken.value });
  const headers = { Accept: "application/json" };
  const answer = await fetch(button.getAttribute("formaction"), { method: "POST", body, headers, signal });
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return told;
  throw new Refused(told.message ?? "The site is not answering right now. Try again in a moment.");
}

/** The bytes at `url`, at most `most` of them. `{bytes, whole}` */
export async function read(url, most, signal) {
  const answer = await fetch(url, { signal, cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer" });
  if (!answer.ok) throw new Refused("The file storage did not hand the file out. Try again in a moment.");
  const reader = answer.body.getReader();
  const pieces = [];
  let length = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return { bytes: joined(pieces, length), whole: true };
    pieces.push(value);
    length += value.length;
    if (length > most) {
      void reader.cancel();
      return { bytes: joined(pieces, length).subarray(0, most), whole: false };
    }
  }
}

function joined(pieces, length) {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
