"""The administrators' queue of reports: which are open, and the actions on them."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from shares.models import BlockedFile, Report, Share, User

MakeShare = Callable[..., Share]
QUEUE = "admin:shares_report_changelist"


@pytest.fixture
def staff_client(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


@pytest.fixture
def report(make_share: MakeShare, now: datetime) -> Report:
    share = make_share([b"bad bytes", b"others"], title="Plans")
    return Report.objects.create(share=share, reason="malware", details="It bites.", created_at=now)


def run_action(staff_client: Client, action: str, *reports: Report) -> str:
    body = {"action": action, "_selected_action": [report.pk for report in reports]}
    return staff_client.post(reverse(QUEUE) + "?closed=all", body, follow=True).content.decode()


def test_the_queue_opens_with_what_is_open(staff_client: Client, report: Report) -> None:
    assert "Contains malware" in staff_client.get(reverse(QUEUE)).content.decode()
    page = staff_client.get(reverse("admin:shares_report_change", args=[report.pk])).content.decode()
    assert "It bites." in page
    assert "1 report closed." in run_action(staff_client, "close", report)
    report.refresh_from_db()
    assert report.closed_by == "admin@example.com"
    rows = 'name="_selected_action"'
    assert rows not in staff_client.get(reverse(QUEUE)).content.decode()
    assert rows in staff_client.get(reverse(QUEUE), {"closed": "yes"}).content.decode()
    assert "1 report reopened." in run_action(staff_client, "reopen", report)
    assert rows in staff_client.get(reverse(QUEUE)).content.decode()


def test_a_reported_share_is_blocked_and_opened_again(staff_client: Client, report: Report, now: datetime) -> None:
    second_report = Report.objects.create(share=report.share, reason="fraud", created_at=now)
    assert "1 share blocked." in run_action(staff_client, "suspend", report, second_report)
    assert staff_client.get(f"/share/{report.share_id}").status_code == 403
    owner_page = Client(headers={"host": "127.0.0.1"})
    owner_page.force_login(report.share.owner)
    page = owner_page.get(f"/shares/{report.share_id}/").content.decode()
    assert "An administrator has blocked this share" in page
    assert ">Blocked<" in page
    assert "1 share opened again." in run_action(staff_client, "unsuspend", report)
    assert staff_client.get(f"/share/{report.share_id}").status_code == 200


def test_its_files_are_blocked_and_freed_again(staff_client: Client, report: Report) -> None:
    assert "2 files blocked." in run_action(staff_client, "block_files", report)
    assert set(BlockedFile.objects.values_list("name", flat=True)) == {"file-0.txt", "file-1.txt"}
    block_list = staff_client.get(reverse("admin:shares_blockedfile_changelist")).content.decode()
    assert "file-1.txt" in block_list
    block = BlockedFile.objects.get(name="file-0.txt")
    staff_client.post(reverse("admin:shares_blockedfile_delete", args=[block.pk]), {"post": "yes"})
    body = {"action": "block", "_selected_action": [report.share.files.order_by("position")[0].pk]}
    page = staff_client.post(reverse("admin:shares_sharedfile_changelist"), body, follow=True).content.decode()
    assert "1 file blocked." in page
    assert BlockedFile.objects.count() == 2


def test_users_without_the_permission_are_offered_no_change(client: Client, report: Report, now: datetime) -> None:
    clerk = User.objects.create(email="clerk@example.com", is_staff=True)
    client.force_login(clerk)
    assert client.get(reverse(QUEUE)).status_code == 403
