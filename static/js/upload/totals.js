/** All files taken together: counts, bytes, and the one word for the state of the whole. */

export function totals(files) {
  const sums = { count: 0, bytes: 0, sent: 0, ready: 0, failed: 0, paused: 0, pausing: 0, resent: 0, fresh: 0, checking: 0, open: 0 };
  for (const file of files) {
    if (file.state === "canceled") continue;
    sums.count += 1;
    sums.bytes += file.size;
    sums.sent += file.sent;
    sums.resent += file.resent;
    if (file.state === "ready") sums.ready += 1;
    else if (file.state === "failed") sums.failed += 1;
    else {
      sums.open += 1;
      if (file.state === "paused") sums.paused += 1;
      else if (file.state === "pausing") sums.pausing += 1;
      else if (file.state === "new") sums.fresh += 1;
      else if (file.state === "checking") sums.checking += 1;
    }
  }
  return sums;
}

/** idle | sending | pausing | paused | offline | failed | done */
export function mood(sums, { waiting, held }) {
  if (sums.count === 0) return "idle";
  if (sums.open === 0) return sums.failed > 0 ? "failed" : "done";
  if (held || sums.paused + sums.pausing === sums.open) return sums.pausing > 0 ? "pausing" : "paused";
  return waiting ? "offline" : "sending";
}
