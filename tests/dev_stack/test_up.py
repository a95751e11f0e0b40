"""``manage.py up`` from the first start to the last process."""

import http.client
import json
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from psutil import Process

from sharesite.dev_stack.data_directory import DataDirectory
from sharesite.dev_stack.managed_process import StackError
from sharesite.dev_stack.options import PROJECT, read
from tests.dev_stack.conftest import Starter, starting
from tests.dev_stack.runner import Run, command_line

PRIVATE = ("local.env", "lock", "s3/identities.json", "valkey/valkey.conf")


def page(url: str) -> tuple[int, str]:
    with urllib.request.urlopen(url, timeout=10) as response:
        return response.status, response.read().decode()


def values(data: Path) -> dict[str, str]:
    lines = (data / "local.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


@pytest.fixture(scope="module")
def lan_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A stack on an address of the local network, for tests that leave it as it is."""
    with starting(tmp_path_factory.mktemp("lan")) as starter:
        run = starter(host="127.0.0.2", SITE_ADMIN_EMAIL="boss@example.com", SITE_ADMIN_PASSWORD="a good long phrase")
        run.wait_ready()
        yield run
        assert run.stop(signal.SIGINT) == 0
        assert run.left_over() == []


def test_sign_in_with_the_first_password_and_find_the_stack_from_another_command(lan_run: Run) -> None:
    assert lan_run.ready_lines() == [
        f"ready {lan_run.url}  sign in as boss@example.com with the password from SITE_ADMIN_PASSWORD"
    ]
    script = (
        "from django.contrib.auth import authenticate; from shares.storage import share_storage; "
        "from django.core.cache import cache; cache.set('word', 'kept', 60); "
        "print(authenticate(email='boss@example.com', password='a good long phrase'), "
        "share_storage().objects.head('u/none'), cache.get('word'))"
    )
    process = subprocess.run(
        [sys.executable, str(PROJECT / "manage.py"), "shell", "--verbosity=0", "--command", script],
        env={"SITE_DATA": str(lan_run.data), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert process.stdout.split() == ["boss@example.com", "None", "kept"], process.stderr


def test_on_a_lan_address_only_the_page_and_the_storage_can_be_reached(lan_run: Run) -> None:
    proxy_port = json.loads((lan_run.data / "ports.json").read_text())["gate"]
    assert {entry for entry in lan_run.listening() if entry[0] != "127.0.0.1"} == {
        ("127.0.0.2", lan_run.port),
        ("127.0.0.2", proxy_port),
    }
    variables = values(lan_run.data)
    assert variables["S3_PUBLIC_ENDPOINT_URL"] == f"http://{{host}}:{proxy_port}"
    # The page tells the browser where the storage is: on the host that the browser came by.
    with urllib.request.urlopen(lan_run.url, timeout=10) as page_response:
        assert f"http://127.0.0.2:{proxy_port}" in page_response.headers["Content-Security-Policy"]
    connection = http.client.HTTPConnection("127.0.0.2", proxy_port, timeout=10)
    connection.request("GET", "/shares/u/none")
    response = connection.getresponse()
    assert response.status == 403
    response.read()
    connection.request(
        "OPTIONS",
        "/shares/u/none",
        headers={"Origin": f"http://127.0.0.2:{lan_run.port}", "Access-Control-Request-Method": "PUT"},
    )
    assert connection.getresponse().headers["Access-Control-Allow-Origin"] == f"http://127.0.0.2:{lan_run.port}"
    connection.close()


def test_a_taken_port_and_a_taken_folder_are_refused_in_one_sentence(lan_run: Run, start: Starter) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        refused_run = start(port=port)
        assert refused_run.wait() == 1
        assert refused_run.output_lines == [
            f"Port {port} is taken by another program; stop it, or choose another port with --port."
        ]
    # Before the settings are loaded, and so at once.
    second = start(lan_run.data, output=lan_run.output.with_suffix(".second"))
    assert second.wait() == 1
    assert second.output_lines == [
        f"Another start already runs on {lan_run.data} (process {lan_run.process.pid}); stop it first."
    ]
    assert lan_run.process.poll() is None
    assert page(lan_run.url)[0] == 200


def start_and_stop_on_the_way_up(start: Starter) -> Run:
    """A first start that is stopped while the web server starts, after the database was made."""
    run = start(empty=True)
    while not any("serve.py" in " ".join(command_line(child)) for child in Process(run.process.pid).children()):
        assert run.process.poll() is None
        time.sleep(0.02)
    run.tree = Process(run.process.pid).children(recursive=True)
    assert run.stop(signal.SIGTERM) == 0
    assert run.left_over(5) == []
    assert run.ready_lines() == []
    assert "Traceback" not in run.output.read_text()
    return run


def kill_supervisor(run: Run) -> None:
    assert len(run.tree) >= 6
    run.process.kill()
    run.wait()
    assert run.left_over(20) == []


def kill_process(run: Run, word: str, name: str) -> None:
    """All other processes end, with one sentence."""
    run.part(word).kill()
    assert run.wait() == 1
    log = run.data / "logs" / f"{name}.log"
    assert run.output_lines[-1] == f"The {name} stopped (it was ended by SIGKILL), so everything stops; see {log}."
    assert "Traceback" not in run.output.read_text()
    assert run.left_over() == []


def test_a_start_that_was_stopped_one_that_was_killed_and_one_that_lost_a_process(start: Starter) -> None:
    """On one data folder: each finds what the one before has made, and leaves no process."""
    stopped_run = start_and_stop_on_the_way_up(start)

    first = start(stopped_run.data, port=stopped_run.port)
    first.wait_ready()
    # The password is printed once, by the first start that is ready.
    [ready] = first.ready_lines()
    assert ready.startswith(f"ready {first.url}  sign in as admin@localhost with the password ")
    assert page(first.url)[0] == 200
    for name in PRIVATE:
        assert stat.S_IMODE((first.data / name).stat().st_mode) == 0o600, name
    for folder in (first.data, first.data / "s3", first.data / "logs"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {host for host, _port in first.listening()} == {"127.0.0.1"}
    variables = values(first.data)
    kill_supervisor(first)

    second = start(first.data, port=first.port)
    second.wait_ready()
    assert second.ready_lines() == [f"ready {first.url}  sign in as admin@localhost"]
    assert values(first.data) == variables
    kill_process(second, "serve.py", "web")
    text = "".join(path.read_text() for path in (first.data / "logs").iterdir())
    password = ready.split("password ")[1].split()[0]
    for secret in (password, variables["SECRET_KEY"], variables["AWS_SECRET_ACCESS_KEY"], variables["BROKER_PASSWORD"]):
        assert secret not in text
    assert "Traceback" not in text


@pytest.mark.long
def test_a_broker_that_dies_ends_everything_with_one_sentence(start: Starter) -> None:
    run = start()
    run.wait_ready()
    kill_process(run, "valkey-server", "broker")


def test_a_stop_on_the_way_up_is_orderly(start: Starter) -> None:
    run = start()
    while not any((run.data / "logs").glob("*.log")):
        assert run.process.poll() is None
    run.tree = Process(run.process.pid).children(recursive=True)
    assert run.stop(signal.SIGTERM) == 0
    assert run.left_over(5) == []
    assert "Traceback" not in run.output.read_text()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--port", "70000"], "'70000' is not a port; it must be a number from 1 to 65535"),
        (["--host", "nowhere"], "'nowhere' is not an IP address; 0.0.0.0 means every address of this machine"),
        (
            ["--host", "2001:db8::7"],
            "a storage that is named by an IPv6 address; :: means every address of this machine",
        ),
        (["--workers", "0"], "'0' is not a number of web workers; it must be from 1 to 64"),
        (["--data", "/dev/null/x"], "/dev/null/x cannot be used as the data folder: Not a directory."),
    ],
)
def test_invalid_options_are_refused_in_one_sentence(
    options: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises((StackError, SystemExit)) as refusal:
        DataDirectory(read(options))
    assert f"{capsys.readouterr().err}{refusal.value}".removesuffix("\n2").endswith(sentence)


def test_the_command_prints_a_refusal_and_no_trace() -> None:
    process = subprocess.run(
        [sys.executable, str(PROJECT / "manage.py"), "up", "--data", "/dev/null/x"],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert process.returncode == 1
    assert process.stderr == "/dev/null/x cannot be used as the data folder: Not a directory.\n"


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"DATABASE_URL": "postgresql://nobody:hidden-word@127.0.0.1:1/none"}, "The database cannot be used: "),
        ({"DOWNLOAD_URL_SECONDS": "soon"}, "DOWNLOAD_URL_SECONDS is 'soon'; it must be "),
    ],
)
def test_invalid_variables_in_the_environment(start: Starter, environment: dict[str, str], sentence: str) -> None:
    run = start(**environment)
    assert run.wait() == 1
    assert run.output_lines[-1].startswith(sentence)
    assert "Traceback" not in run.output.read_text()
    assert "hidden-word" not in run.output.read_text()
