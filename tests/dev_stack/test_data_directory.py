"""What a start writes for the site, depending on the address that it listens on."""

import os
import socket
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from sharesite.dev_stack import addresses, ports
from sharesite.dev_stack.data_directory import NAMES, PREFERRED, DataDirectory, read
from sharesite.dev_stack.managed_process import StackError
from sharesite.dev_stack.options import Options


@pytest.fixture(autouse=True)
def same_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A start writes into the environment of its process; here it is put back."""
    monkeypatch.setattr(os, "environ", os.environ.copy())


def folder(path: Path, host: str = "127.0.0.1") -> DataDirectory:
    data_directory = DataDirectory(Options(host=host, port=8123, data=path, workers=1))
    os.close(data_directory._lock)
    data_directory.write()
    return data_directory


def card(address: str) -> SimpleNamespace:
    return SimpleNamespace(family=socket.AF_INET6 if ":" in address else socket.AF_INET, address=address)


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_every_name_of_the_machine_leads_to_a_site_that_listens_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    """By an IPv6 address none of its pages could reach the storage."""
    cards = {"eth0": [card("192.0.2.7"), card("2001:db8::7"), card("fe80::7%eth0")], "lo": [card("127.0.0.1")]}
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: cards)
    monkeypatch.setattr(addresses, "own_names", lambda: ["box", "box.local"])
    data_directory = folder(tmp_path / "data", host)
    variables = read(tmp_path / "data" / "local.env")
    assert variables["ALLOWED_HOSTS"] == "192.0.2.7,127.0.0.1,localhost,box,box.local"
    assert variables["CORS_ORIGINS"].split(",")[:2] == ["http://192.0.2.7:8123", "http://127.0.0.1:8123"]
    assert variables["SITE_URL"] == "http://192.0.2.7:8123"
    assert variables["S3_PUBLIC_ENDPOINT_URL"] == f"http://{{host}}:{data_directory.ports['gate']}"
    assert variables["S3_ENDPOINT_URL"] == f"http://127.0.0.1:{data_directory.ports['s3']}"


def test_a_site_for_this_machine_alone_needs_no_gate(tmp_path: Path) -> None:
    data_directory = folder(tmp_path / "data")
    variables = read(tmp_path / "data" / "local.env")
    assert variables["ALLOWED_HOSTS"] == "127.0.0.1,localhost"
    assert variables["S3_PUBLIC_ENDPOINT_URL"] == f"http://{{host}}:{data_directory.ports['s3']}"


def test_secrets_ports_and_other_lines_stay(tmp_path: Path) -> None:
    first = folder(tmp_path / "data")
    with (tmp_path / "data" / "local.env").open("a") as file:
        file.write("SIGNUP_OPEN=true\n")
    second = folder(tmp_path / "data", "127.0.0.2")
    assert second.secrets == first.secrets
    assert second.ports == first.ports
    assert read(tmp_path / "data" / "local.env")["SIGNUP_OPEN"] == "true"


def test_keys_of_the_shell_give_way_to_those_of_the_storage_here(tmp_path: Path) -> None:
    os.environ.update(AWS_ACCESS_KEY_ID="someone", AWS_SESSION_TOKEN="else", AWS_SECRET_ACCESS_KEY_FILE="/nowhere")
    data_directory = folder(tmp_path / "data")
    assert os.environ["AWS_ACCESS_KEY_ID"] == data_directory.secrets["AWS_ACCESS_KEY_ID"]
    assert not {"AWS_SESSION_TOKEN", "AWS_SECRET_ACCESS_KEY_FILE"} & set(os.environ)


def test_the_port_that_people_open_in_a_firewall_is_the_usual_one_or_the_next_above(tmp_path: Path) -> None:
    usual = ports.choose(["usual"])["usual"]
    assert ports.remember(tmp_path / "first.json", NAMES, {"gate": usual})["gate"] == usual
    with socket.create_server(("127.0.0.1", usual)):
        assert usual < ports.remember(tmp_path / "second.json", NAMES, {"gate": usual})["gate"] < usual + 200
    assert PREFERRED == {"gate": 8333}


def test_no_server_gets_the_port_of_the_site(tmp_path: Path) -> None:
    path, site = tmp_path / "ports.json", ports.choose(["site"])["site"]
    first = ports.remember(path, ["s3"], {"s3": site}, site_port=site)["s3"]
    assert site < first < site + 200
    # The site is started at another port, which a server had until now.
    second = ports.remember(path, ["s3"], {"s3": first}, site_port=first)["s3"]
    assert first < second < first + 200
    assert ports.remember(path, ["s3"], site_port=site)["s3"] == second


@pytest.mark.parametrize("text", ["not json", "[1]", '{"s3": "x"}'])
def test_a_damaged_list_of_ports_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "ports.json").write_text(text)
    with pytest.raises(StackError, match=r"ports\.json is damaged; delete it"):
        folder(tmp_path)
