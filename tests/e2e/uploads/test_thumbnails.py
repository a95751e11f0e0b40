"""Thumbnails of uploaded files, drawn in a real browser and seen by a recipient."""

import base64
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.e2e.site import Site
from tests.e2e.upload_page import choose, expect_state, link, share

DRAW = """async ([type, width, height]) => {
  const canvas = new OffscreenCanvas(width, height);
  const pen = canvas.getContext("2d");
  pen.fillStyle = "teal";
  pen.fillRect(0, 0, width, height / 2);
  const bytes = new Uint8Array(await (await canvas.convertToBlob({ type })).arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}"""
VIDEO_SCRIPT = """async () => {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: 640, height: 360 });
  const pen = canvas.getContext("2d");
  const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: "video/webm" });
  const pieces = [];
  recorder.ondataavailable = ({ data }) => pieces.push(data);
  const ended = new Promise((resolve) => (recorder.onstop = resolve));
  recorder.start(100);
  for (let frame = 0; frame < 60; frame += 1) {
    pen.fillStyle = `hsl(${frame * 6} 80% 50%)`;
    pen.fillRect(0, 0, 640, 360);
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  recorder.stop();
  await ended;
  const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}"""
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'


def draw(page: Page, path: Path, kind: str, width: int, height: int) -> Path:
    path.write_bytes(base64.b64decode(page.evaluate(DRAW, [kind, width, height])))
    return path


def pictures(page: Page) -> dict[str, Any]:
    """The size of each row's picture as the browser has decoded it, by the file's name."""
    page.wait_for_function("[...document.querySelectorAll('.file img')].every((one) => one.complete)")
    rows: dict[str, Any] = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll(".files .file")].map((row) => {
          const image = row.querySelector("img");
          const name = row.querySelector(".file-name").textContent.trim();
          return [name, image && [image.naturalWidth, image.naturalHeight, image.width, image.height]];
        }))"""
    )
    return rows


def test_images_and_videos_are_seen_small_by_sender_and_recipient(
    page: Page, browser: Browser, site: Site, tmp_path: Path
) -> None:
    wide = draw(page, tmp_path / "wide.jpg", "image/jpeg", 2000, 1000)
    tall = draw(page, tmp_path / "tall under another name.dat", "image/png", 300, 900)
    tiny = draw(page, tmp_path / "tiny.webp", "image/webp", 16, 16)
    video, svg, lie = tmp_path / "film.webm", tmp_path / "drawing.svg", tmp_path / "svg.png"
    video.write_bytes(base64.b64decode(page.evaluate(VIDEO_SCRIPT)))
    svg.write_text(SVG)
    lie.write_text(SVG)
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(wide.read_bytes()[:700])
    with page.expect_response(lambda response: response.url.endswith("/types"), timeout=60_000):
        choose(page, wide, tall, tiny, video, svg, lie, broken)
        expect_state(page, "done")
    created_share = share(page, site)
    kinds = {file["name"]: file["content_type"] for file in created_share["files"]}
    assert kinds[tall.name] == "image/png"
    assert (kinds["film.webm"], kinds["drawing.svg"]) == ("video/webm", "image/svg+xml")

    for viewer, url in ((browser.new_page(), link(page)), (page, f"{site.url}/shares/{created_share['id']}/")):
        viewer.goto(url)
        assert pictures(viewer) == {
            "wide.jpg": [320, 160, 56, 56],
            tall.name: [107, 320, 56, 56],
            "tiny.webp": [16, 16, 56, 56],
            "film.webm": [320, 180, 56, 56],
            "drawing.svg": None,
            "svg.png": None,
            "broken.jpg": None,
        }
    events = page.request.get(f"{site.url}/api/v1/shares/{created_share['id']}/events").json()["items"]
    assert {event["kind"] for event in events} <= {"created", "put_urls", "uploaded", "opened", "pictures"}


def test_a_picture_whose_address_has_died_leaves_the_badge(
    page: Page, browser: Browser, site: Site, tmp_path: Path
) -> None:
    choose(page, draw(page, tmp_path / "a.jpg", "image/jpeg", 400, 400))
    with page.expect_response(lambda candidate: candidate.url.endswith("/thumbnail/complete"), timeout=60_000):
        expect_state(page, "done")
    recipient = browser.new_page()
    recipient.route("**/t/*", lambda route: route.fulfill(status=403, body="<Error/>", content_type="application/xml"))
    recipient.goto(link(page))
    expect(recipient.locator(".file-type svg")).to_be_visible()
    box = recipient.locator(".file img").evaluate("(image) => [image.complete, image.naturalWidth, image.alt]")
    assert box == [True, 0, ""]
    recipient.close()


def test_a_picture_that_cannot_be_sent_keeps_no_file_back(page: Page, site: Site, tmp_path: Path) -> None:
    page.route("**/t/*", lambda route: route.abort())
    choose(page, draw(page, tmp_path / "a.jpg", "image/jpeg", 400, 400))
    expect_state(page, "done")
    assert [file["state"] for file in share(page, site)["files"]] == ["ready"]


def test_another_machine_of_the_local_network_draws_too(lan_page: Page, browser: Browser, tmp_path: Path) -> None:
    choose(lan_page, draw(lan_page, tmp_path / "a.jpg", "image/jpeg", 400, 200))
    with lan_page.expect_response(
        lambda candidate: candidate.url.endswith("/thumbnail/complete"), timeout=60_000
    ) as response:
        expect_state(lan_page, "done")
    assert response.value.status == 204
    recipient = browser.new_page()
    recipient.goto(link(lan_page))
    assert pictures(recipient) == {"a.jpg": [320, 160, 56, 56]}
    recipient.close()
