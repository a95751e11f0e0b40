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
from pathlib import Path

import pytest
from psutil import Process

from sharesite.dev_stack.options import PROJECT
from tests.dev_stack.conftest import Starter
from tests.dev_stack.runner import command_line

PRIVATE = ("local.env", "lock", "s3/identities.json", "valkey/valkey.conf")


def page(url: str) -> tuple[int, str]:
    with urllib.request.urlopen(url, timeout=10) as response:
        return response.status, response.read().decode()


def values(data: Path) -> dict[str, str]:
    lines = (data / "local.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def test_start_use_stop_and_start_again(start: Starter) -> None:
    first = start()
    first.wait_ready()
    [ready] = first.ready_lines()
    assert ready.startswith(f"ready {first.url}  sign in as admin@localhost with the password ")
    assert page(first.url)[0] == 200
    for name in PRIVATE:
        assert stat.S_IMODE((first.data / name).stat().st_mode) == 0o600, name
    for folder in (first.data, first.data / "s3", first.data / "logs"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {host for host, _port in first.listening()} == {"127.0.0.1"}
    variables = values(first.data)

    assert first.stop(signal.SIGINT) == 0
    assert first.left_over() == []
    text = "".join(path.read_text() for path in (first.data / "logs").iterdir())
    password = ready.split("password ")[1].split()[0]
    for secret in (password, variables["SECRET_KEY"], variables["AWS_SECRET_ACCESS_KEY"], variables["BROKER_PASSWORD"]):
        assert secret not in text
    assert "Traceback" not in text

    second = start(first.data, port=first.port)
    second.wait_ready()
    assert second.ready_lines() == [f"ready {first.url}  sign in as admin@localhost"]
    assert values(first.data) == variables
    assert second.stop(signal.SIGTERM) == 0
    assert second.left_over() == []


def test_sign_in_with_the_first_password_and_find_the_stack_from_another_command(start: Starter) -> None:
    run = start(SITE_ADMIN_EMAIL="boss@example.com", SITE_ADMIN_PASSWORD="a good long phrase")
    run.wait_ready()
    assert run.ready_lines() == [
        f"ready {run.url}  sign in as boss@example.com with the password from SITE_ADMIN_PASSWORD"
    ]
    script = (
        "from django.contrib.auth import authenticate; from shares.storage import share_storage; "
        "from django.core.cache import cache; cache.set('word', 'kept', 60); "
        "print(authenticate(email='boss@example.com', password='a good long phrase'), "
        "share_storage().objects.head('u/none'), cache.get('word'))"
    )
    process = subprocess.run(
        [sys.executable, str(PROJECT / "manage.py"), "shell", "--verbosity=0", "--command", script],
        env={"SITE_DATA": str(run.data), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert process.stdout.split() == ["boss@example.com", "None", "kept"], process.stderr
    assert run.stop() == 0


def test_no_part_outlives_a_killed_supervisor(start: Starter) -> None:
    run = start()
    run.wait_ready()
    assert len(run.tree) >= 6
    run.process.kill()
    run.wait()
    assert run.left_over(20) == []
    second_run = start(run.data, port=run.port)
    second_run.wait_ready()
    assert second_run.stop() == 0


@pytest.mark.parametrize("word", ["serve.py", pytest.param("valkey-server", marks=pytest.mark.long)])
def test_a_part_that_dies_ends_everything_with_one_sentence(start: Starter, word: str) -> None:
    run = start()
    run.wait_ready()
    run.part(word).kill()
    assert run.wait() == 1
    name = {"valkey-server": "broker", "serve.py": "web"}[word]
    log = run.data / "logs" / f"{name}.log"
    sentence = f"The {name} stopped (it was ended by SIGKILL), so everything stops; see {log}."
    assert run.output_lines[-1] == sentence
    assert "Traceback" not in run.output.read_text()
    assert run.left_over() == []


def test_a_port_or_folder_in_use_is_refused_in_one_sentence(start: Starter, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        refused_run = start(port=port)
        assert refused_run.wait() == 1
        assert refused_run.output_lines == [
            f"Port {port} is taken by another program; stop it, or choose another port with --port."
        ]
    run = start(tmp_path / "busy")
    run.wait_ready()
    second = start(run.data)
    assert second.wait() == 1
    assert (
        second.output_lines[-1]
        == f"Another start already runs on {run.data} (process {run.process.pid}); stop it first."
    )
    assert run.process.poll() is None
    assert page(run.url)[0] == 200
    assert run.stop() == 0


def test_on_a_lan_address_only_the_page_and_the_storage_can_be_reached(start: Starter) -> None:
    run = start(host="127.0.0.2")
    run.wait_ready()
    proxy_port = json.loads((run.data / "ports.json").read_text())["gate"]
    assert {entry for entry in run.listening() if entry[0] != "127.0.0.1"} == {
        ("127.0.0.2", run.port),
        ("127.0.0.2", proxy_port),
    }
    variables = values(run.data)
    assert variables["S3_PUBLIC_ENDPOINT_URL"] == f"http://{{host}}:{proxy_port}"
    # The page tells the browser where the storage is: on the host that the browser came by.
    with urllib.request.urlopen(run.url, timeout=10) as page_response:
        assert f"http://127.0.0.2:{proxy_port}" in page_response.headers["Content-Security-Policy"]
    connection = http.client.HTTPConnection("127.0.0.2", proxy_port, timeout=10)
    connection.request("GET", "/shares/u/none")
    response = connection.getresponse()
    assert response.status == 403
    response.read()
    connection.request(
        "OPTIONS",
        "/shares/u/none",
        headers={"Origin": f"http://127.0.0.2:{run.port}", "Access-Control-Request-Method": "PUT"},
    )
    assert connection.getresponse().headers["Access-Control-Allow-Origin"] == f"http://127.0.0.2:{run.port}"
    connection.close()
    assert run.stop() == 0


def test_a_stop_on_the_way_up_is_orderly(start: Starter) -> None:
    run = start()
    while not any((run.data / "logs").glob("*.log")):
        assert run.process.poll() is None
    run.tree = Process(run.process.pid).children(recursive=True)
    assert run.stop(signal.SIGTERM) == 0
    assert run.left_over(5) == []
    assert "Traceback" not in run.output.read_text()


def test_the_first_password_is_printed_even_if_the_first_start_was_stopped(start: Starter) -> None:
    run = start()
    while not any("serve.py" in " ".join(command_line(child)) for child in Process(run.process.pid).children()):
        assert run.process.poll() is None
        time.sleep(0.02)
    assert run.stop(signal.SIGTERM) == 0
    assert run.ready_lines() == []
    second_run = start(run.data, port=run.port)
    second_run.wait_ready()
    assert "with the password" in second_run.ready_lines()[0]
    assert second_run.stop() == 0


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
def test_invalid_arguments_on_the_command_line(options: list[str], sentence: str) -> None:
    process = subprocess.run(
        [sys.executable, str(PROJECT / "manage.py"), "up", *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert process.returncode in {1, 2}
    assert process.stderr.strip().endswith(sentence)
    assert "Traceback" not in process.stderr


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"DATABASE_URL": "postgresql://nobody:hidden-word@127.0.0.1:1/none"}, "The database cannot be used: "),
        ({"DOWNLOAD_URL_SECONDS": "soon"}, "DOWNLOAD_URL_SECONDS is 'soon'; it must be "),
        ({"SITE_ADMIN_EMAIL": "nobody"}, "SITE_ADMIN_EMAIL is 'nobody', which is not an email address."),
    ],
)
def test_invalid_variables_in_the_environment(start: Starter, environment: dict[str, str], sentence: str) -> None:
    run = start(**environment)
    assert run.wait() == 1
    assert run.output_lines[-1].startswith(sentence)
    assert "Traceback" not in run.output.read_text()
    assert "hidden-word" not in run.output.read_text()
