// The parts of an archive: links in batches, and reads that continue where they broke off.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ArchiveStream } from "../../../static/js/archive/archive-stream.js";
import { Links } from "../../../static/js/archive/links.js";
import { UnavailableError, RangeReader } from "../../../static/js/archive/range-reader.js";

const bytes = (start, end) => Uint8Array.from({ length: end - start }, (_, index) => (start + index) % 251);
const jsonResponse = (links) => new Response(JSON.stringify({ links }));

/** A storage of one file of `size` bytes that breaks each response off after `maxBytes`, and records the requests. */
function breakingFetcher({ size, maxBytes, requests = [] }) {
  return (url, { headers }) => {
    const start = Number(/bytes=(\d+)-/.exec(headers.Range ?? "")?.[1] ?? 0);
    requests.push([url, start]);
    const end = Math.min(size, start + maxBytes);
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(bytes(start, end));
        if (end < size) setTimeout(() => controller.error(new TypeError("cut")), 5);
        else controller.close();
      },
    });
    return Promise.resolve(new Response(body, { status: start ? 206 : 200 }));
  };
}

function createReader(options) {
  let renewals = 0;
  return new RangeReader({
    file: { name: "a", size: 1000 },
    getUrl: ({ renew }) => Promise.resolve(renew ? `renewed-${(renewals += 1)}` : "first"),
    signal: new AbortController().signal,
    onBytes: () => {},
    wait: () => Promise.resolve(),
    ...options,
  });
}

test("a read continues where it broke off, from a new link", async () => {
  const requests = [];
  const fetcher = breakingFetcher({ size: 1000, maxBytes: 400, requests });
  assert.deepEqual(await createReader({ fetcher }).readAll(), bytes(0, 1000));
  assert.deepEqual(requests, [["first", 0], ["renewed-1", 400], ["renewed-2", 800]]);
});

test("a file that is longer than announced, or never complete, fails", async () => {
  await assert.rejects(createReader({ fetcher: breakingFetcher({ size: 1001, maxBytes: 2000 }) }).readAll(), UnavailableError);
  const refuse = (status) => () => Promise.resolve(new Response("", { status }));
  await assert.rejects(createReader({ fetcher: refuse(503) }).readAll(), /answered 503/);
  await assert.rejects(createReader({ fetcher: refuse(404) }).readAll(), UnavailableError);
  const ignoreRange = (url) => Promise.resolve(new Response(bytes(0, url === "first" ? 400 : 1000), { status: 200 }));
  await assert.rejects(createReader({ fetcher: ignoreRange }).readAll(), /answered 200/);
});

test("an ended share is not requested twice", async () => {
  let requests = 0;
  const getUrl = () => {
    requests += 1;
    return Promise.reject(new UnavailableError("share-ended"));
  };
  await assert.rejects(createReader({ getUrl, fetcher: () => assert.fail("nothing to fetch") }).readAll(), UnavailableError);
  assert.equal(requests, 1);
});

test("a single file is sent as it is, and continues where it broke off", async () => {
  const requests = [];
  const states = [];
  const files = [{ id: "f", name: "a.bin", size: 1000 }];
  const links = { urlOf: (_index, { renew }) => Promise.resolve(renew ? "renewed" : "first") };
  const options = { links, fetcher: breakingFetcher({ size: 1000, maxBytes: 700, requests }) };
  const archive = new ArchiveStream({ files, disposition: "attachment" }, ({ state }) => states.push(state), options);
  const response = archive.createResponse();
  assert.equal(response.headers.get("Content-Length"), "1000");
  assert.equal(response.headers.get("Content-Type"), "application/octet-stream");
  assert.deepEqual(new Uint8Array(await response.arrayBuffer()), bytes(0, 1000));
  assert.deepEqual(requests, [["first", 0], ["renewed", 700]]);
  assert.deepEqual([states[0], states.at(-1)], ["started", "done"]);
});

test("a single file that is not available breaks the download off, and a canceled one is no failure", async () => {
  const reports = [];
  const plan = { files: [{ id: "f", name: "a.bin", size: 1000 }], disposition: "" };
  const onProgress = ({ state, reason }) => reports.push([state, reason]);
  const endedLinks = { urlOf: () => Promise.reject(new UnavailableError("share-ended")) };
  await assert.rejects(new ArchiveStream(plan, onProgress, { links: endedLinks }).createResponse().arrayBuffer(), UnavailableError);
  assert.deepEqual(reports.at(-1), ["failed", "share-ended"]);
  const links = { urlOf: () => Promise.resolve("first") };
  const fetcher = breakingFetcher({ size: 1000, maxBytes: 700 });
  await new ArchiveStream(plan, onProgress, { links, fetcher }).createResponse().body.cancel();
  assert.deepEqual(reports.at(-1), ["canceled", undefined]);
});

test("an archive that is canceled breaks off at once, reports it once, and is no failure", async () => {
  for (const files of [[{ id: "a", name: "a", size: 9 }], [{ id: "a", name: "a", size: 9 }, { id: "b", name: "b", size: 9e9 }]]) {
    const states = [];
    const links = { urlOf: () => Promise.race([]) };
    const archive = new ArchiveStream({ files, disposition: "" }, ({ state }) => states.push(state), { links });
    const bytesOfArchive = archive.createResponse().arrayBuffer();
    await Promise.resolve();
    archive.cancel();
    archive.cancel();
    await assert.rejects(bytesOfArchive);
    assert.deepEqual(states, ["started", "canceled"]);
  }
});

test("an archive that was canceled before the browser requests it has no content, and requests none", async () => {
  const states = [];
  const links = { urlOf: () => assert.fail("a link was requested") };
  const files = [{ id: "a", name: "a", size: 9 }];
  const archive = new ArchiveStream({ files, disposition: "" }, ({ state }) => states.push(state), { links });
  archive.cancel();
  const response = archive.createResponse();
  assert.equal(response.status, 204);
  assert.equal(await response.text(), "");
  assert.deepEqual(states, ["canceled"]);
});

test("an archive that the browser reads no further is canceled", async () => {
  const states = [];
  const files = [{ id: "a", name: "a", size: 1000 }, { id: "b", name: "b", size: 1000 }];
  const links = { urlOf: () => Promise.resolve("first") };
  const options = { links, fetcher: breakingFetcher({ size: 1000, maxBytes: 1000 }) };
  const archive = new ArchiveStream({ files, disposition: "" }, ({ state }) => states.push(state), options);
  const reader = archive.createResponse().body.getReader();
  await reader.read();
  await reader.cancel().catch(() => {}); // with which reason is up to the ZIP
  assert.equal(states.at(-1), "canceled");
});

test("links are requested in batches, used while they are valid, and renewed after that", async () => {
  const batches = [];
  let now = 0;
  const fetcher = (_url, { body }) => {
    const ids = body.getAll("file");
    batches.push(ids);
    return Promise.resolve(jsonResponse(ids.map((id) => ({ id, url: `/${id}/${batches.length}`, expires_in: 120 }))));
  };
  const files = Array.from({ length: 150 }, (_, index) => ({ id: `f${index}`, size: 10 }));
  const links = new Links({ linksUrl: "/links", csrf: "x", files }, { fetcher, now: () => now });
  assert.deepEqual(await Promise.all([links.urlOf(0), links.urlOf(1), links.urlOf(99)]), ["/f0/1", "/f1/1", "/f99/1"]);
  assert.equal(await links.urlOf(100), "/f100/2");
  assert.deepEqual(batches.map((ids) => ids.length), [100, 50]);
  now = 110_000;
  assert.equal(await links.urlOf(100), "/f100/3");
  assert.equal(await links.urlOf(100, { renew: true }), "/f100/4");
});

test("the next batch of small files is requested before the last link is used, that of large ones is not", async () => {
  for (const [size, calls] of [[10, 2], [2 * 1024 * 1024, 1]]) {
    const batches = [];
    const fetcher = (_url, { body }) => {
      batches.push(body.getAll("file"));
      return Promise.resolve(jsonResponse(batches.at(-1).map((id) => ({ id, url: `/${id}`, expires_in: 120 }))));
    };
    const files = Array.from({ length: 150 }, (_, index) => ({ id: `f${index}`, size }));
    const links = new Links({ linksUrl: "/links", csrf: "x", files }, { fetcher });
    await links.urlOf(0);
    const end = batches[0].length;
    await links.urlOf(end - 12);
    await Promise.resolve();
    assert.equal(batches.length, calls);
    assert.equal(await links.urlOf(end), `/f${end}`);
    assert.equal(batches.length, 2);
  }
});

test("a link that could not be prefetched is requested when it is needed", async () => {
  let calls = 0;
  const fetcher = (_url, { body }) => {
    calls += 1;
    if (calls === 2) return Promise.reject(new TypeError("cut"));
    return Promise.resolve(jsonResponse(body.getAll("file").map((id) => ({ id, url: `/${id}`, expires_in: 120 }))));
  };
  const files = Array.from({ length: 101 }, (_, index) => ({ id: `f${index}`, size: 1 }));
  const links = new Links({ linksUrl: "/links", csrf: "x", files }, { fetcher });
  await links.urlOf(0);
  await links.urlOf(99);
  assert.equal(await links.urlOf(100), "/f100");
  assert.equal(calls, 3);
});

test("a batch of large files is small", async () => {
  const batches = [];
  const fetcher = (_url, { body }) => {
    batches.push(body.getAll("file"));
    return Promise.resolve(jsonResponse(batches.at(-1).map((id) => ({ id, url: id, expires_in: 120 }))));
  };
  const files = Array.from({ length: 5 }, (_, index) => ({ id: `f${index}`, size: 40 * 1024 * 1024 }));
  await new Links({ linksUrl: "/links", csrf: "x", files }, { fetcher }).urlOf(0);
  assert.deepEqual(batches, [["f0"]]);
});

test("a refusal ends the download, a busy server does not", async () => {
  const files = [{ id: "f", size: 1 }];
  const respond = (status) => () => Promise.resolve(new Response("", { status }));
  await assert.rejects(new Links({ files }, { fetcher: respond(410) }).urlOf(0), UnavailableError);
  await assert.rejects(new Links({ files }, { fetcher: respond(503) }).urlOf(0), (error) => !(error instanceof UnavailableError));
});

test("storage gets the cookies that the site has set for it, if it needs some", async () => {
  for (const needsCookies of [true, false]) {
    const files = [1, 2].map((number) => ({ id: `${number}`, name: `${number}.bin`, size: 10 }));
    const respond = () =>
      Promise.resolve(new Response(JSON.stringify({ links: files.map(({ id }) => ({ id, url: id, expires_in: 60 })), needs_cookies: needsCookies })));
    const links = new Links({ linksUrl: "/links", csrf: "", files }, { fetcher: respond, now: () => 0 });
    const credentials = [];
    const fetcher = (url, options) => {
      credentials.push(options.credentials);
      return Promise.resolve(new Response(bytes(0, 10)));
    };
    await new ArchiveStream({ files, name: "a.zip", disposition: "" }, () => {}, { links, fetcher }).createResponse().arrayBuffer();
    assert.deepEqual(credentials, Array(2).fill(needsCookies ? "include" : undefined));
  }
});
