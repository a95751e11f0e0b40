"""Rules by type: by the name when a file is declared, by the first bytes when it is stored."""

from datetime import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shares import file_signatures
from shares.callers import Caller
from shares.errors import Refusal, TooLarge, TypeNotAllowed
from shares.models import Event, Share, SharedFile, TypeRule, User
from shares.services import type_rules
from shares.services.sharing import files, shares
from shares.services.sharing.files import FileSpec
from shares.services.uploads import batches
from shares.services.uploads.batches import CompletedFile, FileRequest
from shares.storage import share_storage
from tests.fixtures import announce, put, send

EXE = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff" + b"\x00" * 50
ELF, SCRIPT, ZIP = b"\x7fELF\x02\x01\x01", b"#!/bin/sh\necho\n", b"PK\x03\x04\x14\x00"
PDF, PNG, TEXT = b"%PDF-1.7\n%\xe2\xe3", b"\x89PNG\r\n\x1a\n\x00", b"Dear all,\n"
OFFICE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF_AND_IMAGES = TypeRule(extensions="pdf docx", media_types="image/*")
NO_PROGRAMS = TypeRule(action="deny", extensions="exe bat")


def code_of(refusal: Refusal | None) -> str:
    return "" if refusal is None else refusal.code


def by_bytes(rules: list[TypeRule], head: bytes, name: str, content_type: str = "") -> str:
    refusal = type_rules.refusal_of_bytes(rules, head, name=name, content_type=content_type, size=len(head))
    return code_of(refusal)


def by_name(rules: list[TypeRule], name: str, content_type: str = "", size: int = 1) -> str:
    return code_of(type_rules.refusal(rules, name=name, content_type=content_type, size=size))


def test_without_rules_everything_is_allowed() -> None:
    assert by_name([], "a.exe") == ""
    assert by_bytes([], EXE, "a.pdf") == ""
    assert type_rules.describe([]) == ""


@pytest.mark.parametrize(
    ("name", "content_type", "code"),
    [
        ("a.pdf", "", ""),
        ("A.PDF", "application/x-anything", ""),
        ("a.docx", OFFICE, ""),
        ("photo.jpeg", "", ""),
        ("photo.heic", "image/heic", ""),
        ("a.exe", "", "type-not-allowed"),
        ("a.exe", "image/png", "type-not-allowed"),
        ("pdf", "", "type-not-allowed"),
        ("a.pdf.exe", "", "type-not-allowed"),
        ("a.", "", "type-not-allowed"),
    ],
)
def test_a_list_of_allowed_types_refuses_every_other_name(name: str, content_type: str, code: str) -> None:
    assert by_name([PDF_AND_IMAGES], name, content_type) == code


@pytest.mark.parametrize(
    ("name", "content_type", "code"),
    [
        ("a.exe", "", "type-not-allowed"),
        ("a.EXE", "image/png", "type-not-allowed"),
        ("a.bat", "", "type-not-allowed"),
        ("a.pdf", "", ""),
        ("exe", "", ""),
    ],
)
def test_a_denied_type_is_refused_whatever_else_is_allowed(name: str, content_type: str, code: str) -> None:
    assert by_name([NO_PROGRAMS], name, content_type) == code
    assert by_name([NO_PROGRAMS, TypeRule()], name, content_type) == code


@pytest.mark.parametrize(
    ("head", "name", "content_type", "allowed", "not_denied"),
    [
        (PDF, "a.pdf", "", True, True),
        (b"\n" * 900 + PDF, "a.pdf", "", True, True),
        (PNG, "a.png", "", True, True),
        (EXE, "a.pdf", "application/pdf", False, False),
        (EXE, "a.png", "image/png", False, False),
        (EXE, "a.docx", OFFICE, False, False),
        (ELF, "a.pdf", "", False, True),
        (SCRIPT, "a.pdf", "", False, True),
        (TEXT, "a.pdf", "", False, True),
        (TEXT, "a.png", "", False, True),
        (ZIP, "a.docx", OFFICE, True, True),
        (ZIP, "a.docx", "", True, True),
        (ZIP, "a.pdf", "", False, True),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.docx", OFFICE, True, True),
        (b"MZ, meine Zeitung", "a.txt", "", False, True),
    ],
)
def test_the_first_bytes_decide_where_the_name_says_something_else(
    head: bytes, name: str, content_type: str, allowed: bool, not_denied: bool
) -> None:
    assert by_bytes([PDF_AND_IMAGES], head, name, content_type) == ("" if allowed else "type-not-allowed")
    assert by_bytes([NO_PROGRAMS], head, name, content_type) == ("" if not_denied else "type-not-allowed")


def test_a_type_that_the_server_does_not_know_may_be_built_on_an_archive() -> None:
    assert by_bytes([TypeRule(extensions="sketch")], ZIP, "a.sketch") == ""
    assert by_bytes([TypeRule(action="deny", extensions="zip")], ZIP, "a.sketch") == "type-not-allowed"
    assert by_bytes([TypeRule(extensions="sketch")], EXE, "a.sketch") == "type-not-allowed"


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"", ""),
        (TEXT, ""),
        (b"\xef\xbb\xbf  <!DOCTYPE html>", "text/html"),
        (b"<svg xmlns=", file_signatures.XML),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"\x00\x00\x00\x20ftypheic", "image/heic"),
        (b"\x00" * 257 + b"ustar", "application/x-tar"),
        (b"\xca\xfe\xba\xbe\x00\x00\x00\x41", "application/java-vm"),
    ],
)
def test_types_are_detected_by_their_signatures(head: bytes, media_type: str) -> None:
    assert file_signatures.detect(head) == media_type


def test_a_type_has_its_largest_size() -> None:
    rules = [TypeRule(extensions="pdf", max_bytes=10), TypeRule(media_types="application/pdf", max_bytes=20)]
    assert by_name(rules, "a.pdf", size=20) == ""
    assert by_name(rules, "a.pdf", size=21) == "too-large"
    rules.append(TypeRule(media_types="*/*"))
    assert by_name(rules, "a.pdf", size=21) == ""


def test_a_refusal_names_what_is_allowed() -> None:
    refusal = type_rules.refusal([PDF_AND_IMAGES], name="a.exe", content_type="", size=1)
    assert refusal is not None
    assert refusal.message == "This type of file can't be shared here. Allowed here: .pdf .docx image/*."
    assert refusal.status == 422
    assert type_rules.describe([NO_PROGRAMS]) == "Not allowed here: .exe .bat."
    assert type_rules.describe([TypeRule(extensions="pdf", max_bytes=2_000_000)]) == "Allowed here: .pdf (up to 2 MB)."
    assert type_rules.describe([NO_PROGRAMS, TypeRule(max_bytes=5)]) == "Not allowed here: .exe .bat."


@pytest.mark.parametrize(
    "values",
    [
        {"extensions": ".pdf"},
        {"extensions": "pdf, docx"},
        {"media_types": "image"},
        {"media_types": "image/png,image/gif"},
        {"action": "deny"},
        {"action": "deny", "extensions": "exe", "max_bytes": 5},
        {"extensions": "pdf", "max_bytes": 0},
    ],
)
def test_rules_that_make_no_sense_are_refused(db: None, values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TypeRule(**values).full_clean()


def make(caller: Caller, now: datetime, *specs: FileSpec) -> Share:
    return shares.create(caller=caller, values={}, specs=specs, now=now)


def test_a_declared_file_is_refused_before_a_byte_is_sent(as_owner: Caller, now: datetime) -> None:
    TypeRule.objects.create(extensions="pdf", max_bytes=100)
    share = make(as_owner, now, FileSpec("a.pdf", 100))
    for spec, refusal in ((FileSpec("a.exe", 1), TypeNotAllowed), (FileSpec("b.pdf", 101), TooLarge)):
        with pytest.raises(refusal):
            make(as_owner, now, FileSpec("c.pdf", 1), spec)
        with pytest.raises(refusal):
            files.declare(share=share, specs=[spec], caller=as_owner, now=now)
    assert SharedFile.objects.count() == 1
    assert User.objects.get(email="owner@example.com").used_bytes == 100


def test_an_executable_with_another_name_is_refused_and_deleted(storage: None, as_owner: Caller, now: datetime) -> None:
    TypeRule.objects.create(extensions="pdf")
    [file] = make(as_owner, now, FileSpec("invoice.pdf", len(EXE), "application/pdf")).files.select_related("upload")
    with pytest.raises(TypeNotAllowed, match=r"Allowed here: \.pdf"):
        send(file, EXE, as_owner, now)
    assert share_storage().objects.head(file.key) is None
    rejected_file = SharedFile.objects.get(pk=file.pk)
    assert (rejected_file.ready_at, rejected_file.removed_at) == (None, now)
    event = Event.objects.of_share(file.share_id).first()
    assert event is not None
    assert (event.kind, event.detail) == ("refused", "type-not-allowed")


def test_in_a_batch_each_file_is_judged_by_its_own_bytes(storage: None, as_owner: Caller, now: datetime) -> None:
    TypeRule.objects.create(action="deny", extensions="exe")
    bodies = {"a.txt": TEXT, "b.pdf": EXE, "c.pdf": PDF, "d.txt": b""}
    share = make(as_owner, now, *(FileSpec(name, len(body)) for name, body in bodies.items()))
    by_file = {file.name: file for file in share.files.all()}
    full = {name: body for name, body in bodies.items() if body}
    requests = [FileRequest(by_file[name].pk, announce(1, body).sha256) for name, body in full.items()]
    for signed_part, body in zip(batches.sign(requests=requests, caller=as_owner, now=now), full.values(), strict=True):
        assert not isinstance(signed_part, Refusal)
        assert put(signed_part.url, body, dict(signed_part.headers)) == 200
    completed_files = [CompletedFile(file.pk) for file in by_file.values()]
    outcomes = batches.complete(completed_files=completed_files, caller=as_owner, now=now)
    codes = [code_of(outcome if isinstance(outcome, Refusal) else None) for outcome in outcomes]
    assert codes == ["", "type-not-allowed", "", ""]


def test_without_rules_no_byte_is_read_and_one_query_is_made(storage: None, as_owner: Caller, now: datetime) -> None:
    [file] = make(as_owner, now, FileSpec("a.pdf", len(EXE))).files.select_related("upload")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert send(file, EXE, as_owner, now).is_stored
    assert sum("shares_typerule" in query["sql"] for query in queries) == 1
