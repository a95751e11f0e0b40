/**
 * Makes the browser ask, in words of its own, before the page is left while something would be lost.
 *
 * @param {{isBusy: () => boolean, signal: AbortSignal}} settings
 */
export function confirmLeaving({ isBusy, signal }) {
  window.addEventListener(
    "beforeunload",
    (event) => {
      if (isBusy()) event.preventDefault();
    },
    { signal },
  );
}
