/** Asks before the page is left while something would be lost. The browser chooses the words. */
export function confirmLeaving({ busy, signal }) {
  window.addEventListener(
    "beforeunload",
    (event) => {
      if (busy()) event.preventDefault();
    },
    { signal },
  );
}
