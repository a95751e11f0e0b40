/** A long list, a few milliseconds at a time: between two slices the page draws and listens. */
const SLICE_MS = 8;

/** What `make` makes of each of `items`, slice by slice. A short list is one slice, at once. */
export async function* inSlices(items, make, { ms = SLICE_MS, now = () => performance.now() } = {}) {
  let slice = [];
  let end = now() + ms;
  for (const item of items) {
    if (now() > end) {
      yield slice;
      await new Promise((resolve) => {
        setTimeout(resolve);
      });
      slice = [];
      end = now() + ms;
    }
    slice.push(make(item));
  }
  yield slice;
}
