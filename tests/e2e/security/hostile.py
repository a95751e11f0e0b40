"""Files that would run something if a browser let them, and names that would: all are generated here.

Each contains a canary: ``canary(…)`` (a function that the test adds to every page), a dialog, and a request to a
server of the test. Inside the site's process ``stage`` creates shares of them, as any sender could.
"""

import json
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from itertools import islice
from typing import Any

from django.utils import timezone

from shares.callers import Caller
from shares.models import Share, SharedFile, User
from shares.services.sharing import shares
from shares.services.sharing.files import FileSpec
from shares.services.uploads import batches, thumbnails
from shares.services.uploads.batches import CompletedFile, FileRequest
from shares.services.uploads.thumbnails import Drawing
from shares.storage import SignedPart
from tests.e2e.site import EMAIL
from tests.fixtures import put

XHTML = "http://www.w3.org/1999/xhtml"
XSL = "http://www.w3.org/1999/XSL/Transform"
XLINK = "http://www.w3.org/1999/xlink"


@dataclass(frozen=True)
class Hostile:
    name: str
    declared_type: str
    body: bytes


class Canary:
    """The payloads. Each that runs requests a URL below ``nest``, the address of the test's own server."""

    def __init__(self, nest: str) -> None:
        self.nest = nest
        self.js = (
            f"try{{canary(1)}}catch(e){{}};try{{fetch('{nest}/fetch')}}catch(e){{}};"
            "try{top.sung||(top.sung=1,alert(1))}catch(e){}"
        )
        js = self.js
        self.html = (
            f'<!doctype html><html><body onload="{js}"><script>{js}</script><img src=x onerror="{js}">'
            f'<img src=\'{nest}/img\'><iframe src="javascript:{js}"></iframe><svg onload="{js}"></svg>'
            f"<link rel=stylesheet href='{nest}/css'><base href='{nest}/'>"
            f"<meta http-equiv=refresh content='0;url={nest}/refresh'></body></html>"
        )
        self.svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="{XLINK}" width="90" height="90" onload="{self.js}">'
            f'<script>{self.js}</script><image href="{nest}/svg-image" width="9" height="9"/>'
            f'<foreignObject width="50" height="50"><body xmlns="{XHTML}" onload="{self.js}"/></foreignObject></svg>'
        )
        self.xhtml = f'<html xmlns="{XHTML}"><head><script>{self.js}</script></head><body onload="{self.js}"/></html>'

    def pages(self) -> Iterator[Hostile]:
        """HTML, under every name and type that might let it be one."""
        html = self.html.encode()
        declared = [
            ("page.html", "text/html"), ("page.htm", "text/plain"), ("page.HTML", "image/png"),
            ("page.txt", "text/html"), ("note.txt", "text/plain"), ("page.png", "image/png"),
            ("page.jpg", "text/html"), ("page.gif", "image/gif"), ("page.webp", "image/webp"),
            ("page.pdf", "application/pdf"), ("page.mp4", "video/mp4"), ("page.mp3", "audio/mpeg"),
            ("page.md", "text/markdown"), ("page", ""), ("page.json", "application/json"),
            ("page.shtml", "text/x-server-parsed-html"), ("page.hta", "application/hta"),
            ("page.ico", "image/x-icon"), ("page.avif", "text/html; charset=utf-8"), ("page.bmp", "IMAGE/BMP"),
            ("page.csv", "text/csv"), ("page.wav", "audio/wav"), ("page.ogv", "video/ogg"),
            ("page.log", "text/html,text/plain"), ("page.webm", "video/webm\r\nContent-Type: text/html"),
        ]  # fmt: skip
        for name, media_type in declared:
            yield Hostile(name, media_type, html)

    def markup(self) -> Iterator[Hostile]:
        """SVG, XHTML, XML with a style sheet of its own, and emails."""
        svg, xhtml = self.svg.encode(), self.xhtml.encode()
        for name, media_type in [
            ("script.svg", "image/svg+xml"), ("svg.png", "image/png"), ("svg2.png", "image/svg+xml"),
            ("svg.jpg", "image/jpeg"), ("svg.webp", "image/webp"), ("svg.txt", "text/plain"),
            ("SCRIPT.SVG", "image/gif"), ("svg.svgz", "image/svg+xml"), ("svg.md", "text/markdown"),
            ("svg", "image/svg+xml;charset=utf-8"), ("svg.gif", "application/octet-stream"),
        ]:  # fmt: skip
            yield Hostile(name, media_type, svg)
        for name, media_type in [
            ("x.xhtml", "application/xhtml+xml"), ("x.xht", "image/png"), ("x.xml", "text/xml"),
            ("x.txt", "application/xml"), ("x.png", "application/xhtml+xml"), ("feed.rss", "application/rss+xml"),
            ("m.mml", "application/mathml+xml"),
        ]:  # fmt: skip
            yield Hostile(name, media_type, xhtml)
        template = f'<xsl:template match="/">{self.xhtml}</xsl:template>'
        sheet = f'<xsl:stylesheet id="s" version="1.0" xmlns:xsl="{XSL}">{template}</xsl:stylesheet>'
        kinds = f'<!ATTLIST xsl:stylesheet id ID #REQUIRED><!ENTITY e SYSTEM "{self.nest}/entity">'
        head = '<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="#s"?>'
        styled = f"{head}<!DOCTYPE d [{kinds}]><d>&e;{sheet}</d>"
        yield Hostile("styled.xml", "application/xml", styled.encode())
        yield Hostile("styled.xsl", "text/xsl", sheet.encode())
        yield Hostile("styled.txt", "text/plain", styled.encode())
        parts = f"--b\r\nContent-Type: text/html\r\nContent-Location: {self.nest}/\r\n\r\n{self.html}\r\n--b--\r\n"
        mail = f"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n{parts}"
        for name, media_type in [
            ("mail.mhtml", "multipart/related"),
            ("mail.mht", "image/png"),
            ("mail.txt", "message/rfc822"),
        ]:
            yield Hostile(name, media_type, mail.encode())

    def encodings(self) -> Iterator[Hostile]:
        """The same page for browsers that detect an encoding."""
        seven = self.html.replace("<", "+ADw-").replace(">", "+AD4-").replace('"', "+ACI-")
        yield Hostile("utf-7.txt", "text/plain", seven.encode())
        yield Hostile("utf-7 declared.txt", "text/plain; charset=utf-7", f"<meta charset=utf-7>{seven}".encode())
        yield Hostile("utf-7 mark.txt", "text/plain", b"+/v8-" + seven.encode())
        yield Hostile("utf-8 mark.txt", "text/plain", b"\xef\xbb\xbf" + self.html.encode())
        yield Hostile("utf-16 le.txt", "text/plain", b"\xff\xfe" + self.html.encode("utf-16-le"))
        yield Hostile("utf-16 be.md", "text/markdown", b"\xfe\xff" + self.html.encode("utf-16-be"))
        yield Hostile("utf-16 bare.txt", "text/plain", self.html.encode("utf-16-le"))
        yield Hostile("utf-32.txt", "text/plain", b"\xff\xfe\0\0" + self.html.encode("utf-32-le"))
        yield Hostile("escapes.txt", "text/plain", b"\x1b$B\x1b(B" + self.html.encode() + b"\x1b]0;canary\x07\x1b[2J")
        yield Hostile("turned.py", "text/x-python", f"x = 1 \u202e\u2066# {self.html}\u2069".encode())

    def polyglots(self) -> Iterator[Hostile]:
        """Good pictures, sounds and archives to one reader, a script or a page to another."""
        html, js = self.html.encode(), self.js.encode()
        picture = png(text=html)
        yield Hostile("gif-js.gif", "image/gif", b"GIF89a/*" + b"\0" * 8 + b"*/=1;" + js)
        yield Hostile("gif-html.gif", "image/gif", b"GIF89a\x01\0\x01\0\0\0\0" + html)
        yield Hostile("png-text.png", "image/png", picture)
        yield Hostile("png-tail.png", "image/png", png() + b"<script>" + js + b"</script>" + html)
        yield Hostile(
            "jpeg-html.jpg", "image/jpeg", b"\xff\xd8\xff\xfe" + struct.pack(">H", len(html) + 2) + html + b"\xff\xd9"
        )
        yield Hostile("bmp-js.bmp", "image/bmp", b"BM=1;" + js)
        yield Hostile("wav-js.wav", "audio/wav", b"RIFF=1;" + js + b"//WAVEfmt ")
        yield Hostile("webp-html.webp", "image/webp", b"RIFF" + struct.pack("<I", len(html)) + b"WEBPVP8 " + html)
        yield Hostile("mp4-html.mp4", "video/mp4", b"\0\0\0\x18ftypisom\0\0\0\0isomavc1" + html)
        yield Hostile("ico-html.ico", "image/x-icon", b"\0\0\x01\0\x01\0" + html)
        yield Hostile("zip-html.zip", "image/png", b"PK\x03\x04" + html)
        yield Hostile("script.js", "application/javascript", js)
        yield Hostile("module.mjs", "image/png", js)
        yield Hostile(
            "style.css", "text/css", f"@import '{self.nest}/import'; a {{ background: url({self.nest}/url) }}".encode()
        )
        yield Hostile("film.swf", "application/x-shockwave-flash", b"FWS\x09" + html)
        yield Hostile("caption.vtt", "text/vtt", b"WEBVTT\n\n00:00.000 --> 01:00.000\n" + html)

    def documents(self) -> Iterator[Hostile]:
        """PDFs with scripts in every place that may hold one."""
        js = self.js.replace("(", r"\(").replace(")", r"\)")
        action = f"<< /S /JavaScript /JS (app.alert\\(1\\); {js}) >>"
        names = f"/Names << /JavaScript << /Names [(a) {action}] >> >>"
        opens = f"/OpenAction {action} /AA << /WC {action} /DC {action} >> {names}"
        yield Hostile("open.pdf", "application/pdf", pdf(catalog=opens))
        target = f"/A << /S /URI /URI (javascript:{js}) >> /AA << /PO {action} /PV {action} >>"
        link = f"/Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 300 300] {target} >>]"
        yield Hostile("link.pdf", "application/pdf", pdf(page=f"/AA << /O {action} >> {link}"))
        actions = f"/AA << /C {action} /F {action} /K {action} /Fo {action} >>"
        field = f"<< /Type /Annot /Subtype /Widget /FT /Tx /T (f) /V (1) /Rect [0 0 99 20] {actions} >>"
        form = f"/AcroForm << /Fields [{field}] >>"
        yield Hostile("form.pdf", "application/pdf", pdf(catalog=form, page=f"/Annots [{field}]"))
        script = f'<script contentType="application/x-javascript">{self.js}</script>'
        xfa = f'<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/"><template>{script}</template></xdp:xdp>'
        yield Hostile("xfa.pdf", "application/pdf", pdf(catalog=f"/AcroForm << /XFA ({xfa}) /Fields [] >>"))
        last = f"/Next << /S /SubmitForm /F ({self.nest}/pdf-form) /Next << /S /Launch /F ({self.nest}/run) >> >>"
        open_action = f"/OpenAction << /S /URI /URI ({self.nest}/pdf-uri) {last} >>"
        yield Hostile("away.pdf", "application/pdf", pdf(catalog=open_action))
        yield Hostile("font.pdf", "application/pdf", pdf(font=f"/FontMatrix [1 0 0 1 0 (0\\); {js}; //)]"))
        yield Hostile("page-tail.pdf", "application/pdf", pdf(catalog=opens) + self.html.encode())
        yield Hostile(
            "page-head.pdf", "application/pdf", b"%PDF-1.4\n%" + self.html.encode() + b"\n" + pdf(catalog=opens)
        )
        yield Hostile("pdf.png", "image/png", pdf(catalog=opens))
        yield Hostile("pdf.txt", "text/plain", pdf(catalog=opens))
        yield Hostile("broken.pdf", "application/pdf", pdf(catalog=opens)[:90])

    def writing(self) -> Iterator[Hostile]:
        """Markdown and code that would break out of what shows it."""
        js, nest = self.js, self.nest
        targets = [
            f"javascript:{js}", "JaVaScRiPt:canary(1)", "java\tscript:canary(1)", "&#106;avascript:canary(1)",
            "vbscript:canary(1)", f"data:text/html,<script>{js}</script>", "data:image/svg+xml;base64,PHN2Zy8+",
            "//evil.test/x", "/accounts/logout/", 'http://evil.test/x "onmouseover=canary(1)"',
            "<javascript:canary(1)>", 'http://evil.test/"onmouseover="canary(1)',
        ]  # fmt: skip
        links = "\n\n".join(f"[{number}]({target})" for number, target in enumerate(targets))
        reference_link = "<javascript:canary(1)>\n\n[r]\n\n[r]: javascript:canary(1)"
        yield Hostile("links.md", "text/markdown", f"{links}\n\n{reference_link}".encode())
        inner = f"[![c]({nest}/md-nested)](http://evil.test) ![d][r]\n\n[r]: {nest}/md-ref"
        images = f"![a]({nest}/md-img) ![b](data:image/svg+xml,{self.svg}) {inner}"
        yield Hostile("pictures.md", "text/markdown", images.encode())
        nested = "<svg/onload=canary(1)><math><mtext><style><img src onerror=canary(1)></style></math>"
        clobbering = "<form id=x><input name=attributes></form>\n\n<a id=previewStyles href=x>c</a>"
        yield Hostile("raw.md", "text/markdown", f"# Raw\n\n{self.html}\n\n{nested}\n\n{clobbering}".encode())
        inline_markup = f"`</code>{self.html}`\n\n| a |\n|:-:|\n| {self.svg} |"
        fence = f'```"><script>{js}</script>\n</code></pre>{self.html}\n```\n\n{inline_markup}'
        yield Hostile("fence.md", "text/markdown", fence.encode())
        yield Hostile("deep.md", "text/markdown", (b"> " * 3000 + b"[" * 20000 + b"*a_" * 9000))
        code = f'x = "</code></pre><script>{js}</script>"  # {self.html}\n'
        for name in ("code.py", "code.js", "code.css", "code.php", "code.sql", "code.yaml", "Makefile"):
            yield Hostile(name, "text/plain", code.encode())
        yield Hostile("slow.js", "text/javascript", b"/" + b"(" * 60000 + b"<" * 30000)
        yield Hostile("long.txt", "text/plain", b"<b>" * 300_000)
        yield Hostile("nul.txt", "text/plain", b"\0" + self.html.encode())

    def names(self) -> Iterator[Hostile]:
        """Innocent bytes under names that would be markup, headers, paths or commands somewhere."""
        js = "canary(2)"
        for name in [
            f"<img src=x onerror={js}>.png", f'"><script>{js}<script>.txt', f"' onmouseover='{js}.jpg",
            f'a" onload="{js}.gif', f"<svg onload={js}>.md", f"--><script>{js}<script>.pdf", "photo\u202egnp.svg",
            "line\nbreak.html.txt", "x\r\nContent-Type: text\u2028html.txt", f"javascript:{js}.md",
            "%3Cscript%3Ecanary(2)%3C%2Fscript%3E.txt", "{{7*7}}{% debug %}.txt", f"`{js}`$({js}).sh",
            "=cmd|' '!A0.csv", "con.txt", ".htaccess", "a;b=c\"d'e.txt", "\u200d\u200c.txt", "nul\0byte.txt",
            f"<title><script>{js}<script>.txt", "https:..evil.test.txt", "-rf.txt", "name.txt.", " spaced .txt ",
        ]:  # fmt: skip
            body = png() if name.endswith(".png") else b"harmless"
            yield Hostile(name, "image/png" if name.endswith(".png") else "text/plain", body)

    def all(self) -> list[Hostile]:
        producers = (self.pages, self.markup, self.encodings, self.polyglots, self.documents, self.writing, self.names)
        return [file for produce in producers for file in produce()]


def png(*, text: bytes = b"") -> bytes:
    """A picture of one pixel, with ``text`` as its comment."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    comment = chunk(b"tEXt", b"Comment\0" + text) if text else b""
    return b"\x89PNG\r\n\x1a\n" + header + comment + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0")) + chunk(b"IEND", b"")


def pdf(*, catalog: str = "", page: str = "", font: str = "", pages: int = 1, label: str = "Page") -> bytes:
    """A small document with ``label`` and a number on each page, with more entries in some of its dictionaries."""
    texts = [f"BT /F 24 Tf 20 100 Td ({label} {number}) Tj ET".encode() for number in range(1, pages + 1)]
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(pages))
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>".encode(),
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>".encode(),
        f"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica {font} >>".encode(),
    ]
    page_box = "/MediaBox [0 0 300 200] /Resources << /Font << /F 3 0 R >> >>"
    for number, text in enumerate(texts):
        contents = 5 + 2 * number
        objects += [
            f"<< /Type /Page /Parent 2 0 R {page_box} /Contents {contents} 0 R {page} >>".encode(),
            b"<< /Length %d >>\nstream\n%b\nendstream" % (len(text), text),
        ]
    body, offsets = b"%PDF-1.7\n", []
    for number, pdf_object in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, pdf_object)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(objects) + 1
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % count + table + end


def share_of(files: list[Hostile], caller: Caller, **options: Any) -> Share:
    now = timezone.now()
    markup = "<script>canary(3)</script><img src=x onerror=canary(3)>"
    options = {
        "title": markup,
        "message": f"{markup}\njavascript:canary(3)",
        "expires_at": now + timedelta(days=1),
    } | options
    specs = [
        FileSpec(hostile.name, len(hostile.body), hostile.declared_type, "<b onmouseover=canary(3)>/\"'")
        for hostile in files
    ]
    share = shares.create(caller=caller, values=options, specs=specs, now=now)  # type: ignore[arg-type]
    bodies = {file.pk: hostile.body for file, hostile in zip(share.files.order_by("position"), files, strict=True)}
    for ids in batched(bodies, batches.MAX_FILES):
        requests = [FileRequest(pk, sha256(bodies[pk]).digest()) for pk in ids]
        signed_parts = batches.sign(requests=requests, caller=caller, now=now)
        for pk, part in zip(ids, signed_parts, strict=True):
            assert isinstance(part, SignedPart), part
            assert put(part.url, bodies[pk], dict(part.headers)) == 200
        results = batches.complete(completed_files=[CompletedFile(pk) for pk in ids], caller=caller, now=now)
        assert all(isinstance(file, SharedFile) for file in results), results
    return share


def batched(ids: Iterable[str], size: int) -> Iterator[list[str]]:
    iterator = iter(ids)
    while batch := list(islice(iterator, size)):
        yield batch


def pictured(file: SharedFile, body: bytes, caller: Caller) -> None:
    """A small picture that is none."""
    now = timezone.now()
    drawing = Drawing(len(body), sha256(body).digest(), "image/webp", 320, 200)
    signed_part = thumbnails.sign(file=file, drawing=drawing, caller=caller, now=now)
    assert put(signed_part.url, body, dict(signed_part.headers)) == 200
    thumbnails.complete(file=file, caller=caller, now=now)


def stage(nest: str) -> None:
    """Build the shares; print their ids and how many files there are as JSON."""
    caller = Caller(user=User.objects.get(email=EMAIL), address="192.0.2.10", host="127.0.0.1")
    canary = Canary(nest)
    files = canary.all()
    share = share_of(files, caller)
    for file, body in zip(
        share.files.select_related("share__owner", "upload")[:3], (canary.html, canary.svg, canary.xhtml), strict=False
    ):
        pictured(file, body.encode(), caller)
    strict = share_of([*canary.markup()][:3] + [*canary.documents()][:2], caller, strict=True)
    print(json.dumps({"share": share.pk, "strict": strict.pk, "files": len(files)}))
