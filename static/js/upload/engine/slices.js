/** A long list, a few milliseconds at a time: the page draws and handles events between two slices. */
const SLICE_MS = 8;

/**
 * The results of `convert` for `items`, slice by slice. A short list is one slice, without a pause.
 *
 * @template Item, Result
 * @param {Iterable<Item>} items
 * @param {(item: Item) => Result} convert
 * @param {{ms?: number, now?: () => number}} [options]
 * @returns {AsyncGenerator<Result[]>}
 */
export async function* inSlices(items, convert, { ms = SLICE_MS, now = () => performance.now() } = {}) {
  /** @type {Result[]} */
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
    slice.push(convert(item));
  }
  yield slice;
}
