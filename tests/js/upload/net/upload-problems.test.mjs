import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { ApiError, NetworkError, StorageError, recoveryFor, messageFor } from "../../../../static/js/upload/net/errors.js";
import { diagnose, kindOf } from "../../../../static/js/upload/net/remedies.js";
import { UploadProblems } from "../../../../static/js/upload/net/upload-problems.js";

const refusal = (status, code, detail) => new StorageError({ status, code, detail });

test("each known refusal of a storage has its kind", () => {
  const kinds = [
    [refusal(507, "HTTP 507"), "full"],
    [refusal(500, "InsufficientStorage"), "full"],
    [refusal(413, "HTTP 413"), "limit"],
    [refusal(403, "RequestTimeTooSkewed"), "clock"],
    [refusal(403, "AccessDenied", "Request has expired"), "clock"],
    [refusal(403, "SignatureDoesNotMatch"), "signature"],
    [refusal(501, "NotImplemented"), "unsupported"],
    [refusal(405, "MethodNotAllowed"), "unsupported"],
    [refusal(400, "InvalidArgument", "Unsupported header 'x-amz-checksum-sha256' received for this API call."), "unsupported"],
    [refusal(400, "BadDigest"), null],
    [refusal(503, "SlowDown"), null],
    [new NetworkError("storage"), null],
  ];
  for (const [error, kind] of kinds) assert.equal(kindOf(error), kind, error.code);
});

test("a full disk is said and not hammered; a busy one is tried again", () => {
  assert.equal(recoveryFor(refusal(500, "InsufficientStorage")), "stop");
  assert.equal(messageFor(refusal(500, "InsufficientStorage")), "The file storage is full.");
  assert.equal(recoveryFor(refusal(503, "SlowDown")), "again");
});

test("what the storage does not know is said at once, and not asked for again", () => {
  for (const error of [refusal(501, "NotImplemented"), refusal(400, "InvalidArgument")]) {
    assert.equal(recoveryFor(error), "stop");
    assert.match(messageFor(error), /doesn't support something/);
  }
  assert.equal(recoveryFor(new ApiError({ status: 501, code: "storage-unsupported", detail: "no" })), "stop");
});

test("a line without a reason is asked for one", async () => {
  const yes = async () => true;
  const no = async () => false;
  assert.equal(await diagnose({ reachable: no, answers: no, failures: 3 }), "unreachable");
  assert.equal(await diagnose({ reachable: yes, answers: no, failures: 3 }), "cors");
  assert.equal(await diagnose({ reachable: yes, answers: yes, failures: 3 }), null);
  assert.equal(await diagnose({ reachable: yes, answers: yes, failures: 4 }), "cut");
  const replies = [true, false];
  const dying = async () => replies.shift();
  assert.equal(await diagnose({ reachable: dying, answers: no, failures: 3 }), "unreachable");
});

/** What is shown and logged while parts fail with `errors` one after the other; null is a part that arrives. */
async function logs(errors, { reachable = true, answers = false } = {}) {
  const messages = [];
  const logged = [];
  const problems = new UploadProblems({
    show: (message) => messages.push(message),
    log: (remedyText) => logged.push(remedyText),
    probe: () => ({ reachable: async () => reachable, answers: async () => answers }),
    online: () => true,
  });
  const line = [...errors];
  const put = problems.watch(async () => {
    const error = line.shift();
    if (error) throw error;
  });
  while (line.length > 0) {
    await put({ url: "http://storage.test/a", headers: {}, signal: new AbortController().signal }).catch(() => {});
    await pause(1);
  }
  return { messages, logged };
}

test("two cuts are an accident, the third is looked into, and the first part that arrives ends it", async () => {
  const cut = new NetworkError("storage");
  assert.deepEqual((await logs([cut, cut, null])).messages.filter(Boolean), []);
  const { messages, logged } = await logs([cut, cut, cut, cut, null]);
  assert.match(messages[0], /does not let this page send/);
  assert.equal(messages.at(-1), "");
  assert.equal(logged.length, 1, "the administrator is told once");
  assert.match(logged[0], /manage\.py storage setup/);
});

test("a refusal that cannot pass is told at once", async () => {
  assert.equal((await logs([refusal(507, "HTTP 507")])).messages[0], "The file storage is full.");
  assert.deepEqual((await logs([refusal(403, "AccessDenied")])).messages, []);
});
