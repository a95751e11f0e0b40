// The archive's parts: links by the batch, and bytes that go on where they broke off.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Job } from "../../../static/js/archive/archive-stream.js";
import { Links } from "../../../static/js/archive/links.js";
import { EndedError, Source } from "../../../static/js/archive/range-reader.js";

const bytes = (from, to) => Uint8Array.from({ length: to - from }, (_, index) => (from + index) % 251);
const json = (links) => new Response(JSON.stringify({ links }));

/** A store of one file of `size` bytes that breaks each answer off after `most` bytes. */
function breaking({ size, most, seen }) {
  return (url, { headers }) => {
    const from = Number(/bytes=(\d+)-/.exec(headers.Range ?? "")?.[1] ?? 0);
    seen.push([url, from]);
    const to = Math.min(size, from + most);
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(bytes(from, to));
        if (to < size) setTimeout(() => controller.error(new TypeError("cut")), 5);
        else controller.close();
      },
    });
    return Promise.resolve(new Response(body, { status: from ? 206 : 200 }));
  };
}

function source(options) {
  let links = 0;
  return new Source({
    file: { name: "a", size: 1000 },
    link: (again) => Promise.resolve(again ? `again-${(links += 1)}` : "first"),
    signal: new AbortController().signal,
    onBytes: () => {},
    wait: () => Promise.resolve(),
    ...options,
  });
}

test("a file goes on where it broke, from a fresh link", async () => {
  const seen = [];
  const all = await source({ fetcher: breaking({ size: 1000, most: 400, seen }) }).all();
  assert.deepEqual(all, bytes(0, 1000));
  assert.deepEqual(
    seen.map(([, from]) => from),
    [0, 400, 800],
  );
  assert.notEqual(seen[1][0], "first");
});

test("a file that is longer than announced, or never whole, fails", async () => {
  await assert.rejects(source({ fetcher: breaking({ size: 1001, most: 2000, seen: [] }) }).all(), EndedError);
  const refusing = (status) => () => Promise.resolve(new Response("", { status }));
  await assert.rejects(source({ fetcher: refusing(503) }).all(), /answered 503/);
  await assert.rejects(source({ fetcher: refusing(404) }).all(), EndedError);
  const ignoring = (url) => Promise.resolve(new Response(bytes(0, url === "first" ? 400 : 1000), { status: 200 }));
  await assert.rejects(source({ fetcher: ignoring }).all(), /answered 200/);
});

test("an ended share is not asked again", async () => {
  let asked = 0;
  const link = () => {
    asked += 1;
    return Promise.reject(new EndedError("ended"));
  };
  await assert.rejects(source({ link, fetcher: () => assert.fail("nothing to fetch") }).all(), EndedError);
  assert.equal(asked, 1);
});

test("a single file comes as it is, mended where it broke", async () => {
  const seen = [];
  const told = [];
  const files = [{ id: "f", name: "a.bin", size: 1000 }];
  const links = { of: (_index, again) => Promise.resolve(again ? "again" : "first") };
  const options = { links, fetcher: breaking({ size: 1000, most: 700, seen }) };
  const answer = new Job({ files, disposition: "attachment" }, ({ state }) => told.push(state), options).answer();
  assert.equal(answer.headers.get("Content-Length"), "1000");
  assert.equal(answer.headers.get("Content-Type"), "application/octet-stream");
  assert.deepEqual(new Uint8Array(await answer.arrayBuffer()), bytes(0, 1000));
  assert.deepEqual(seen, [["first", 0], ["again", 700]]);
  assert.deepEqual([told[0], told.at(-1)], ["started", "done"]);
});

test("a single file that cannot be had breaks the download off, and a canceled one is no failure", async () => {
  const told = [];
  const files = [{ id: "f", name: "a.bin", size: 1000 }];
  const links = { of: () => Promise.reject(new EndedError("The share ended.")) };
  const job = () => new Job({ files, disposition: "" }, ({ state, why }) => told.push([state, why]), { links });
  await assert.rejects(job().answer().arrayBuffer(), EndedError);
  assert.deepEqual(told.at(-1), ["failed", "The share ended."]);
  const answer = new Job({ files, disposition: "" }, ({ state }) => told.push([state]), {
    links: { of: () => Promise.resolve("first") },
    fetcher: breaking({ size: 1000, most: 700, seen: [] }),
  }).answer();
  await answer.body.cancel();
  assert.deepEqual(told.at(-1), ["canceled"]);
});

test("a job that is canceled breaks off at once, says so once, and is no failure", async () => {
  for (const files of [[{ id: "a", name: "a", size: 9 }], [{ id: "a", name: "a", size: 9 }, { id: "b", name: "b", size: 9e9 }]]) {
    const told = [];
    const links = { of: () => Promise.race([]) };
    const job = new Job({ files, disposition: "" }, ({ state }) => told.push(state), { links });
    const reading = job.answer().arrayBuffer();
    await Promise.resolve();
    job.cancel();
    job.cancel();
    await assert.rejects(reading);
    assert.deepEqual(told, ["started", "canceled"]);
  }
});

test("an archive that the browser takes no more of is canceled", async () => {
  const told = [];
  const files = [{ id: "a", name: "a", size: 1000 }, { id: "b", name: "b", size: 1000 }];
  const links = { of: () => Promise.resolve("first") };
  const options = { links, fetcher: breaking({ size: 1000, most: 1000, seen: [] }) };
  const answer = new Job({ files, disposition: "" }, ({ state }) => told.push(state), options).answer();
  const reader = answer.body.getReader();
  await reader.read();
  await reader.cancel().catch(() => {}); // with which reason is up to the ZIP
  assert.equal(told.at(-1), "canceled");
});

test("links come by the batch, are used while they live, and are asked for again when not", async () => {
  const asked = [];
  let clock = 0;
  const fetcher = (_url, { body }) => {
    const ids = body.getAll("file");
    asked.push(ids);
    return Promise.resolve(json(ids.map((id) => ({ id, url: `/${id}/${asked.length}`, expires_in: 120 }))));
  };
  const files = Array.from({ length: 150 }, (_, index) => ({ id: `f${index}`, size: 10 }));
  const links = new Links({ linksUrl: "/links", csrf: "x", files }, { fetcher, now: () => clock });
  assert.deepEqual(await Promise.all([links.of(0), links.of(1), links.of(99)]), ["/f0/1", "/f1/1", "/f99/1"]);
  assert.equal(await links.of(100), "/f100/2");
  assert.deepEqual(asked.map((ids) => ids.length), [100, 50]);
  clock = 110_000;
  assert.equal(await links.of(100), "/f100/3");
  assert.equal(await links.of(100, true), "/f100/4");
});

test("the next batch of small files is asked for before the last link is used, that of big ones is not", async () => {
  for (const [size, calls] of [[10, 2], [2 * 1024 * 1024, 1]]) {
    const asked = [];
    const fetcher = (_url, { body }) => {
      asked.push(body.getAll("file"));
      return Promise.resolve(json(asked.at(-1).map((id) => ({ id, url: `/${id}`, expires_in: 120 }))));
    };
    const files = Array.from({ length: 150 }, (_, index) => ({ id: `f${index}`, size }));
    const links = new Links({ linksUrl: "/links", csrf: "x", files }, { fetcher });
    await links.of(0);
    const end = asked[0].length;
    await links.of(end - 12);
    await Promise.resolve();
    assert.equal(asked.length, calls);
    assert.equal(await links.of(end), `/f${end}`);
    assert.equal(asked.length, 2);
  }
});

test("a link that could not be had early is asked for again when it is needed", async () => {
  let calls = 0;
  const fetcher = (_url, { body }) => {
    calls += 1;
    if (calls === 2) return Promise.reject(new TypeError("cut"));
    return Promise.resolve(json(body.getAll("file").map((id) => ({ id, url: `/${id}`, expires_in: 120 }))));
  };
  const files = Array.from({ length: 101 }, (_, index) => ({ id: `f${index}`, size: 1 }));
  const links = new Links({ linksUrl: "/links", csrf: "x", files }, { fetcher });
  await links.of(0);
  await links.of(99);
  assert.equal(await links.of(100), "/f100");
  assert.equal(calls, 3);
});

test("a batch of big files is small", async () => {
  const asked = [];
  const fetcher = (_url, { body }) => {
    asked.push(body.getAll("file"));
    return Promise.resolve(json(asked.at(-1).map((id) => ({ id, url: id, expires_in: 120 }))));
  };
  const files = Array.from({ length: 5 }, (_, index) => ({ id: `f${index}`, size: 40 * 1024 * 1024 }));
  await new Links({ linksUrl: "/links", csrf: "x", files }, { fetcher }).of(0);
  assert.deepEqual(asked, [["f0"]]);
});

test("a refusal ends it, a busy server does not", async () => {
  const files = [{ id: "f", size: 1 }];
  const answering = (status) => () => Promise.resolve(new Response("", { status }));
  await assert.rejects(new Links({ files }, { fetcher: answering(410) }).of(0), EndedError);
  await assert.rejects(new Links({ files }, { fetcher: answering(503) }).of(0), (error) => !(error instanceof EndedError));
});
