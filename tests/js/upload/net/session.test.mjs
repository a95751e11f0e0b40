import assert from "node:assert/strict";
import { test } from "node:test";
import { Api } from "../../../../static/js/upload/net/api.js";
import { Session } from "../../../../static/js/upload/net/session.js";

const json = (status, body) =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/problem+json" } });

/** A server whose session is `{account, csrf}` or null, and a page that was loaded with `pageSession`. */
function setup(server, pageSession = { account: "7", csrf: "old" }) {
  const calls = { tokens: [], signedOut: [], signedIn: 0, requests: 0 };
  const fetch = async (url, { headers }) => {
    if (url === "/session") {
      calls.requests += 1;
      server.onRequest?.();
      return server.session ? json(200, server.session) : json(401, {});
    }
    calls.tokens.push(headers["X-CSRFToken"]);
    if (!server.session) return json(401, { code: "not-signed-in", detail: "Sign in." });
    if (headers["X-CSRFToken"] !== server.session.csrf) return json(403, { code: "forbidden", detail: "Old." });
    return json(200, { done: true });
  };
  const session = new Session({
    url: "/session",
    ...pageSession,
    fetch,
    onSignedOut: (isOtherAccount) => {
      calls.signedOut.push(isOtherAccount);
      server.onSignedOut?.();
    },
    onSignedIn: () => (calls.signedIn += 1),
  });
  return { api: new Api({ base: "", session, fetch }), calls };
}

test("a token that another tab replaced is fetched once for all requests that wait", async () => {
  const { api, calls } = setup({ session: { account: "7", csrf: "new" } });
  const answers = await Promise.all([api.complete("a"), api.complete("b")]);
  assert.deepEqual(answers, [{ done: true }, { done: true }]);
  assert.deepEqual(calls.tokens, ["old", "old", "new", "new"]);
  assert.deepEqual([calls.requests, calls.signedOut], [1, []]);
});

test("a token that is replaced again in the meantime is fetched again", async () => {
  const server = { session: { account: "7", csrf: "new" } };
  server.onRequest = () => (server.session = { account: "7", csrf: "newer" });
  const { api, calls } = setup(server);
  await api.complete("a");
  assert.deepEqual(calls.tokens, ["old", "newer"]);
});

test("a refusal that a fresh token does not end remains a refusal", async () => {
  const session = new Session({ url: "/session", account: "7", csrf: "same", fetch: async () => json(200, { account: "7", csrf: "same" }) });
  const api = new Api({ base: "", session, fetch: async () => json(403, { code: "forbidden", detail: "No." }) });
  await assert.rejects(api.complete("a"), { status: 403 });
});

test("after the session has ended, requests wait until the same account is signed in", { timeout: 20_000 }, async () => {
  const server = { session: null };
  const { api, calls } = setup(server);
  server.onSignedOut = () => {
    server.session = calls.signedOut.length === 1 ? { account: "8", csrf: "hers" } : { account: "7", csrf: "mine" };
  };
  assert.deepEqual(await api.complete("a"), { done: true });
  assert.deepEqual(calls.signedOut, [false, true]);
  assert.equal(calls.signedIn, 1);
  assert.ok(!calls.tokens.includes("hers"));
});
