/**
 * The states of a file:
 *
 * - `new`: it has no slot yet.
 * - `uploading`, `pausing` (parts in flight are sent to their end, and none is started), `paused`.
 * - `checking`: the storage has all bytes, and the server compares them.
 * - `ready`, `failed`, `canceled`.
 * - `leaving`: ready, and removed in some seconds.
 */

/** @typedef {"new" | "uploading" | "pausing" | "paused" | "checking" | "ready" | "failed" | "leaving" | "canceled"} FileState */

/** @type {Record<FileState, FileState[]>} */
const NEXT_STATES = {
  new: ["uploading", "checking", "failed", "canceled"],
  uploading: ["pausing", "paused", "checking", "failed", "canceled"],
  pausing: ["uploading", "paused", "checking", "failed", "canceled"],
  paused: ["uploading", "failed", "canceled"],
  checking: ["uploading", "ready", "failed", "canceled"],
  failed: ["new", "canceled"],
  ready: ["leaving", "canceled"],
  leaving: ["ready", "canceled"],
  canceled: [],
};
const SETTLED_STATES = new Set(["ready", "failed", "leaving", "canceled"]);

/** @param {FileState} state */
export const isSettled = (state) => SETTLED_STATES.has(state);

/**
 * @param {FileState} state
 * @param {FileState} nextState
 */
export function requireTransition(state, nextState) {
  if (!NEXT_STATES[state].includes(nextState)) throw new Error(`a file cannot go from ${state} to ${nextState}`);
}
