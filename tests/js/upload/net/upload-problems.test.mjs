import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { ApiError, NetworkError, StorageError, recoveryFor, messageFor } from "../../../../static/js/upload/net/errors.js";
import { diagnose, kindOf } from "../../../../static/js/upload/net/remedies.js";
import { UploadProblems } from "../../../../static/js/upload/net/upload-problems.js";

const refusal = (status, code, detail) => new StorageError({ status, code, detail });

test("each refusal of the storage with a known cause has its kind", () => {
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

test("a full storage is reported without retries; a busy storage is retried", () => {
  assert.equal(recoveryFor(refusal(500, "InsufficientStorage")), "stop");
  assert.equal(messageFor(refusal(500, "InsufficientStorage")), "The file storage is full.");
  assert.equal(recoveryFor(refusal(503, "SlowDown")), "retry");
});

test("what the storage does not support is reported immediately, without retries", () => {
  for (const error of [refusal(501, "NotImplemented"), refusal(400, "InvalidArgument")]) {
    assert.equal(recoveryFor(error), "stop");
    assert.match(messageFor(error), /doesn't support something/);
  }
  assert.equal(recoveryFor(new ApiError({ status: 501, code: "storage-unsupported", detail: "no" })), "stop");
});

test("a network error is diagnosed", async () => {
  const yes = async () => true;
  const no = async () => false;
  assert.equal(await diagnose({ isReachable: no, acceptsPage: no, failures: 3 }), "unreachable");
  assert.equal(await diagnose({ isReachable: yes, acceptsPage: no, failures: 3 }), "cors");
  assert.equal(await diagnose({ isReachable: yes, acceptsPage: yes, failures: 3 }), null);
  assert.equal(await diagnose({ isReachable: yes, acceptsPage: yes, failures: 4 }), "cut");
  const replies = [true, false];
  const dying = async () => replies.shift();
  assert.equal(await diagnose({ isReachable: dying, acceptsPage: no, failures: 3 }), "unreachable");
});

/** What is displayed and logged while parts fail with `errors` one after the other; null is a part that arrives. */
async function report(errors, { isReachable = true, acceptsPage = false } = {}) {
  const messages = [];
  const remedies = [];
  const problems = new UploadProblems({
    show: (message) => messages.push(message),
    log: (remedy) => remedies.push(remedy),
    probe: () => ({ isReachable: async () => isReachable, acceptsPage: async () => acceptsPage }),
    online: () => true,
  });
  const remainingErrors = [...errors];
  const put = problems.watch(async () => {
    const error = remainingErrors.shift();
    if (error) throw error;
  });
  while (remainingErrors.length > 0) {
    await put({ url: "http://storage.test/a", headers: {}, signal: new AbortController().signal }).catch(() => {});
    await pause(1);
  }
  return { messages, remedies };
}

test("two network errors are not reported, the third is diagnosed, and the first part that arrives ends the problem", async () => {
  const error = new NetworkError("storage");
  assert.deepEqual((await report([error, error, null])).messages.filter(Boolean), []);
  const { messages, remedies } = await report([error, error, error, error, null]);
  assert.match(messages[0], /doesn't accept uploads from this page/);
  assert.equal(messages.at(-1), "");
  assert.equal(remedies.length, 1, "logged once");
  assert.match(remedies[0], /manage\.py storage setup/);
});

test("a refusal that is no accident is reported immediately", async () => {
  assert.equal((await report([refusal(507, "HTTP 507")])).messages[0], "The file storage is full.");
  assert.deepEqual((await report([refusal(403, "AccessDenied")])).messages, []);
});
