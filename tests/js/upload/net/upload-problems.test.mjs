import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { ApiError, NetworkError, StorageError, cure, inWords } from "../../../../static/js/upload/net/errors.js";
import { diagnose, kindOf } from "../../../../static/js/upload/net/remedies.js";
import { Trouble } from "../../../../static/js/upload/net/upload-problems.js";

const refused = (status, code, detail) => new StorageError({ status, code, detail });

test("each known refusal of a storage has its kind", () => {
  const kinds = [
    [refused(507, "HTTP 507"), "full"],
    [refused(500, "InsufficientStorage"), "full"],
    [refused(413, "HTTP 413"), "limit"],
    [refused(403, "RequestTimeTooSkewed"), "clock"],
    [refused(403, "AccessDenied", "Request has expired"), "clock"],
    [refused(403, "SignatureDoesNotMatch"), "signature"],
    [refused(501, "NotImplemented"), "unsupported"],
    [refused(405, "MethodNotAllowed"), "unsupported"],
    [refused(400, "InvalidArgument", "Unsupported header 'x-amz-checksum-sha256' received for this API call."), "unsupported"],
    [refused(400, "BadDigest"), null],
    [refused(503, "SlowDown"), null],
    [new NetworkError("storage"), null],
  ];
  for (const [error, kind] of kinds) assert.equal(kindOf(error), kind, error.code);
});

test("a full disk is said and not hammered; a busy one is tried again", () => {
  assert.equal(cure(refused(500, "InsufficientStorage")), "stop");
  assert.equal(inWords(refused(500, "InsufficientStorage")), "The file storage is full.");
  assert.equal(cure(refused(503, "SlowDown")), "again");
});

test("what the storage does not know is said at once, and not asked for again", () => {
  for (const error of [refused(501, "NotImplemented"), refused(400, "InvalidArgument")]) {
    assert.equal(cure(error), "stop");
    assert.match(inWords(error), /doesn't support something/);
  }
  assert.equal(cure(new ApiError({ status: 501, code: "storage-unsupported", detail: "no" })), "stop");
});

test("a line without a reason is asked for one", async () => {
  const yes = async () => true;
  const no = async () => false;
  assert.equal(await diagnose({ reachable: no, answers: no, failures: 3 }), "away");
  assert.equal(await diagnose({ reachable: yes, answers: no, failures: 3 }), "cors");
  assert.equal(await diagnose({ reachable: yes, answers: yes, failures: 3 }), null);
  assert.equal(await diagnose({ reachable: yes, answers: yes, failures: 4 }), "cut");
  const replies = [true, false];
  const dying = async () => replies.shift();
  assert.equal(await diagnose({ reachable: dying, answers: no, failures: 3 }), "away");
});

/** What is shown and logged while parts fail with `errors` one after the other; null is a part that arrives. */
async function told(errors, { reachable = true, answers = false } = {}) {
  const shown = [];
  const logged = [];
  const trouble = new Trouble({
    show: (words) => shown.push(words),
    log: (cureText) => logged.push(cureText),
    probe: () => ({ reachable: async () => reachable, answers: async () => answers }),
    online: () => true,
  });
  const line = [...errors];
  const put = trouble.watch(async () => {
    const error = line.shift();
    if (error) throw error;
  });
  while (line.length > 0) {
    await put({ url: "http://storage.test/a", headers: {}, signal: new AbortController().signal }).catch(() => {});
    await pause(1);
  }
  return { shown, logged };
}

test("two cuts are an accident, the third is looked into, and the first part that arrives ends it", async () => {
  const cut = new NetworkError("storage");
  assert.deepEqual((await told([cut, cut, null])).shown.filter(Boolean), []);
  const { shown, logged } = await told([cut, cut, cut, cut, null]);
  assert.match(shown[0], /does not let this page send/);
  assert.equal(shown.at(-1), "");
  assert.equal(logged.length, 1, "the administrator is told once");
  assert.match(logged[0], /manage\.py storage setup/);
});

test("a refusal that cannot pass is told at once", async () => {
  assert.equal((await told([refused(507, "HTTP 507")])).shown[0], "The file storage is full.");
  assert.deepEqual((await told([refused(403, "AccessDenied")])).shown, []);
});
