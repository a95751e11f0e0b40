"""Virus scans by a real clamd: no file is available before its scan, and nothing is lost while the scanner is down."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from shares import errors, scanner
from shares.callers import Caller
from shares.models import BlockedFile, Event, Report, Scan, Share, SharedFile, TypeRule, User
from shares.scanner import ScannerError, Verdict
from shares.services.downloads import page, start
from shares.services.downloads.delivery import Download
from shares.services.downloads.visits import PresentedTokens, Visit
from shares.services.maintenance import purge
from shares.services.moderation import abuse, scans
from shares.services.notifications import notices
from shares.services.sharing import files
from shares.services.uploads import multipart
from tests.clamd import MAX_BYTES, NAME, VIRUS, Clamd
from tests.stack import Stack

MakeShare = Callable[..., Share]
BAD = b"something " + VIRUS + b" else"


@pytest.fixture
def scanning_clamd(clamd: Clamd, settings: Settings) -> Clamd:
    settings.CLAMD_ADDRESS = clamd.address
    return clamd


def fetch(share: Share, *, tokens: PresentedTokens | None = None, caller: Caller | None = None) -> Download:
    [file] = share.files.select_related("share__owner")
    caller = caller or Caller(address="198.51.100.7", host="localhost")
    return start.start_file_download(
        share_id=share.pk,
        file_id=file.pk,
        visit=Visit(caller, timezone.now(), tokens or PresentedTokens(), is_opening=True),
    )


def states(share: Share) -> list[str]:
    return [file.state.value for file in share.files.order_by("position")]


def rescan(scan: Scan | None = None) -> None:
    """As if the time to the next try were over."""
    Scan.objects.update(due_at=timezone.now())


@pytest.mark.parametrize("attribute", ["address", "socket"])
def test_the_scanner_identifies_itself(clamd: Clamd, attribute: str) -> None:
    address: str = getattr(clamd, attribute)
    assert scanner.scan(address, [b"harmless", b" bytes"]) == Verdict()
    assert scanner.scan(address, [BAD[:20], BAD[20:]]) == Verdict(signature=f"{NAME}.UNOFFICIAL")
    assert scanner.scan(address, [b"x" * 100_000] * 11) == Verdict(too_large=True)
    assert scanner.scan(address, (b"x" * 256_000 for _ in range(100))) == Verdict(too_large=True)


@pytest.mark.parametrize("address", ["127.0.0.1:1", "unix:/no/such/socket", "no-such-host.invalid:3310"])
def test_a_scanner_that_does_not_run_raises_an_error(address: str) -> None:
    with pytest.raises(ScannerError, match="does not answer"):
        scanner.scan(address, [b"x"])


def test_without_a_scanner_nothing_waits(make_share: MakeShare) -> None:
    share = make_share([b"a", BAD])
    assert states(share) == ["ready", "ready"]
    assert not Scan.objects.exists()
    assert scans.run() == 0


def test_a_file_is_available_after_its_scan(
    scanning_clamd: Clamd, make_share: MakeShare, as_owner: Caller, now: datetime
) -> None:
    share = make_share([b"harmless"])
    assert states(share) == ["scanning"]
    assert share.state(now) == "draft"
    listing = page.load_page(share=share, visit=Visit(Caller(), now))
    assert (
        listing.total_files,
        listing.ready_files,
        listing.scanning_files,
        listing.only_scanning,
    ) == (1, 0, 1, True)
    assert page.poll_interval(share=share, ready=False, now=now) == page.MIN_POLL_SECONDS
    with pytest.raises(errors.Scanning):
        fetch(share)
    file = share.files.select_related("share__owner", "upload__file").get()
    # The sender's browser repeats a request whose response got lost.
    assert multipart.complete(file=file, caller=as_owner, now=now).state == "scanning"
    assert multipart.progress(file=file, caller=as_owner, now=now).parts == ()
    assert purge.sweep(now=now + timedelta(days=3)).idle_uploads == 0
    assert scans.run() == 1
    share.refresh_from_db()
    assert (states(share), share.state(now)) == (["ready"], "live")
    assert fetch(share).links
    assert Scan.objects.get().verdict == "clean"
    assert scans.run() == 0
    kinds = list(Event.objects.of_share(share.pk).order_by("pk").values_list("kind", flat=True))
    assert kinds[:3] == ["created", "put_urls", "uploaded"]


def test_an_empty_file_waits_for_nobody(scanning_clamd: Clamd, make_share: MakeShare) -> None:
    assert states(make_share([b""])) == ["ready"]


def test_an_infected_file_is_withheld_and_reported(
    scanning_clamd: Clamd, make_share: MakeShare, admin: User, now: datetime
) -> None:
    share = make_share([b"fine", BAD], title="Plans")
    assert scans.run() == 2
    assert states(share) == ["ready", "withheld"]
    bad = share.files.select_related("share__owner").get(name="file-1.txt")
    visitor = Caller(address="198.51.100.7", host="localhost")
    with pytest.raises(errors.Withheld, match="virus"):
        start.start_download(share=bad.share, files=[bad], visit=Visit(visitor, now))
    assert Share.objects.get().download_count == 0
    listing = page.load_page(share=bad.share, visit=Visit(Caller(), now))
    assert (
        listing.total_files,
        listing.ready_files,
        listing.withheld_files,
        len(listing.files),
    ) == (1, 1, 1, 2)
    event = Event.objects.get(kind="withheld")
    assert (event.share_id, event.file_id, event.detail) == (share.pk, bad.pk, f"{NAME}.UNOFFICIAL")
    [report] = Report.objects.all()
    assert (report.reason, report.closed_at, report.contact) == ("malware", None, scans.REPORTER)
    assert "file-1.txt" in report.details
    assert notices.notify_of_infected_files(now=now) == 1
    assert notices.notify_of_infected_files(now=now) == 0
    assert sorted(message.to[0] for message in mail.outbox) == ["admin@example.com", "owner@example.com"]
    assert all(NAME in message.body and "file-1.txt" in message.body for message in mail.outbox)
    assert all("file-0.txt" not in message.body for message in mail.outbox)


def test_a_mail_about_a_virus_is_not_lost_with_the_mail_server(
    scanning_clamd: Clamd, make_share: MakeShare, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_share([BAD])
    scans.run()

    def fail(**_options: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(notices, "send_mail", fail)
    assert notices.notify_of_infected_files(now=now) == 0
    monkeypatch.undo()
    assert notices.notify_of_infected_files(now=now) == 1


def test_an_administrator_releases_what_the_scanner_was_wrong_about(
    scanning_clamd: Clamd, make_share: MakeShare, admin: User, now: datetime
) -> None:
    share, as_admin = make_share([BAD]), Caller(user=admin)
    scans.run()
    file = share.files.select_related("share").get()
    scans.release(file=file, caller=as_admin, now=now)
    assert fetch(share).links
    assert Share.objects.get().live_at is not None
    with pytest.raises(errors.Invalid):
        scans.release(file=file, caller=as_admin, now=now)
    assert Event.objects.filter(kind="admin", detail="file released").count() == 1


def test_a_program_named_pdf_is_withheld_by_a_rule_that_is_newer_than_its_upload(
    scanning_clamd: Clamd, make_share: MakeShare, admin: User, visitor: Caller, now: datetime
) -> None:
    share, as_admin = make_share([b"MZ\x90\x00" + b"\x00" * 60, b"%PDF-1.7\n"]), Caller(user=admin)
    for file in share.files.all():
        SharedFile.objects.filter(pk=file.pk).update(name=f"{file.position}.pdf", content_type="application/pdf")
    TypeRule.objects.create(action="deny", extensions="exe")
    assert scans.run() == 2
    program = share.files.select_related("share__owner", "scan").get(position=0)
    assert states(share) == ["withheld", "ready"]
    assert (program.withheld, program.scan.verdict) == ("type", "type")
    with pytest.raises(errors.Withheld, match="type of file"):
        start.start_download(share=program.share, files=[program], visit=Visit(visitor, now))
    assert Event.objects.get(kind="withheld").detail == "type-not-allowed"
    assert not Report.objects.exists()
    abuse.block(file=program, caller=as_admin, now=now)
    abuse.unblock(block=BlockedFile.objects.get(), now=now)
    assert share.files.get(position=0).withheld == "type"
    scans.release(file=program, caller=as_admin, now=now)
    assert states(share) == ["ready", "ready"]


def test_what_was_found_can_be_blocked_and_comes_back_withheld(
    scanning_clamd: Clamd, make_share: MakeShare, admin: User, now: datetime
) -> None:
    share, as_admin = make_share([BAD]), Caller(user=admin)
    scans.run()
    abuse.block(file=share.files.select_related("share").get(), caller=as_admin, now=now)
    assert share.files.get().withheld == "block"
    with pytest.raises(errors.Blocked):
        make_share([BAD])
    [block] = BlockedFile.objects.all()
    abuse.unblock(block=block, now=now)
    assert (share.files.get().withheld, states(share)) == ("virus", ["withheld"])


def test_a_file_blocked_while_it_waits_stays_withheld_until_both_let_it_go(
    scanning_clamd: Clamd, make_share: MakeShare, admin: User, now: datetime
) -> None:
    first, second = make_share([b"wait"]), make_share([b"wait"])
    assert abuse.block(file=first.files.select_related("share").get(), caller=Caller(user=admin), now=now) == 1
    scans.run()
    assert states(first) == states(second) == ["withheld"]
    waiting = Scan.objects.get(file__share=second)
    Scan.objects.filter(pk=waiting.pk).update(verdict="")
    abuse.unblock(block=BlockedFile.objects.get(), now=now)
    assert (states(first), states(second)) == (["ready"], ["scanning"])


@pytest.mark.parametrize(("setting", "state"), [("offer", "ready"), ("withhold", "withheld")])
def test_the_setting_decides_about_files_that_the_scanner_does_not_accept(
    scanning_clamd: Clamd, make_share: MakeShare, settings: Settings, now: datetime, setting: str, state: str
) -> None:
    settings.CLAMD_TOO_LARGE = setting
    share = make_share([b"x" * (MAX_BYTES + 1), b"x" * MAX_BYTES])
    assert scans.run() == 2
    assert states(share) == [state, "ready"]
    [large, small] = page.load_page(share=share, visit=Visit(Caller(), now)).files
    assert (large.unscanned, small.unscanned) == (setting == "offer", False)


def test_files_wait_during_an_outage_of_the_scanner_and_the_owner_sees_why(
    scanning_clamd: Clamd, make_share: MakeShare, settings: Settings, now: datetime
) -> None:
    settings.CLAMD_ADDRESS = "127.0.0.1:1"
    share = make_share([b"a", b"b"])
    assert scans.run() == 0
    assert states(share) == ["scanning", "scanning"]
    assert {scan.last_error for scan in Scan.objects.all()} == {"The virus scanner does not answer."}
    assert page.poll_interval(share=share, ready=False, now=now) == page.MAX_POLL_SECONDS
    settings.CLAMD_ADDRESS = scanning_clamd.address
    assert scans.run() == 0, "a pause lies between two tries"
    rescan()
    assert scans.run() == 2
    assert states(share) == ["ready", "ready"]
    assert not Scan.objects.exclude(last_error="").exists()


def test_pauses_grow_to_five_minutes(scanning_clamd: Clamd, make_share: MakeShare, settings: Settings) -> None:
    settings.CLAMD_ADDRESS = "127.0.0.1:1"
    make_share([b"a"])
    pauses = []
    for _ in range(8):
        rescan()
        scans.run()
        pauses.append(round((Scan.objects.get().due_at - timezone.now()).total_seconds()))
    assert pauses == [10, 20, 40, 80, 160, 300, 300, 300]


def test_a_killed_worker_s_file_is_free_again_when_its_claim_ends(scanning_clamd: Clamd, make_share: MakeShare) -> None:
    share = make_share([b"a"])
    Scan.objects.update(running=True, due_at=timezone.now() + scans.CLAIM)
    assert scans.run() == 0
    rescan()
    assert scans.run() == 1
    assert states(share) == ["ready"]


def test_of_two_workers_one_claims_a_file_and_one_result_counts(scanning_clamd: Clamd, make_share: MakeShare) -> None:
    make_share([b"a"])
    scan, now = Scan.objects.select_related("file__share").get(), timezone.now()
    claims = [Scan.objects.claim(scan.pk, until=now + scans.CLAIM, now=now) for _ in range(2)]
    assert claims == [True, False]
    assert scans._settle(scan, Scan.Verdict.CLEAN)
    assert not scans._withhold(scan, "late")
    assert SharedFile.objects.get().state == "ready"


def test_what_is_removed_meanwhile_is_neither_scanned_nor_offered(
    scanning_clamd: Clamd, make_share: MakeShare, as_owner: Caller, now: datetime
) -> None:
    share = make_share([b"a", b"b"])
    first = share.files.select_related("share__owner").order_by("position")[0]
    files.remove(file=first, caller=as_owner, now=now)
    scan = Scan.objects.select_related("file__share").get(file=first)
    assert scans.run() == 1
    assert states(share) == ["removed", "ready"]
    assert scans._settle(scan, Scan.Verdict.CLEAN)
    assert states(share) == ["removed", "ready"]
    assert purge.sweep(now=now).files == 1


def test_when_the_scanner_is_given_up_what_waited_for_it_is_offered(
    scanning_clamd: Clamd, make_share: MakeShare, settings: Settings
) -> None:
    share = make_share([b"a"])
    settings.CLAMD_ADDRESS = ""
    assert scans.run() == 1
    assert (states(share), Scan.objects.get().verdict) == (["ready"], "unasked")


def test_a_scanner_that_dies_and_returns_loses_no_file(
    scanning_clamd: Clamd, stack: Stack, make_share: MakeShare
) -> None:
    share = make_share([b"a", BAD])
    scanning_clamd.kill()
    assert scans.run() == 0
    assert states(share) == ["scanning", "scanning"]
    stack.started.remove(scanning_clamd)
    stack.need(scanning_clamd)
    rescan()
    assert scans.run() == 2
    assert states(share) == ["ready", "withheld"]
