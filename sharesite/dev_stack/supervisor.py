"""The supervisor: starts every process in order, reports when the site is ready, and stops everything."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connections

from shares.errors import Refusal
from shares.services.disk import free_space
from shares.storage import share_storage
from sharesite.dev_stack import addresses, ports, statics
from sharesite.dev_stack.admin import first_admin
from sharesite.dev_stack.data_directory import DataDirectory
from sharesite.dev_stack.disk import DiskWatch
from sharesite.dev_stack.log_multiplexer import LogMultiplexer
from sharesite.dev_stack.managed_process import ManagedProcess, StackError
from sharesite.dev_stack.site import Beat, Web, Worker
from sharesite.dev_stack.tcp_proxy import TcpProxy

WATCH_SECONDS = 0.2
OBJECTS_SECONDS = 60
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(BaseException):
    """A signal to stop: not an error, so that no ``except Exception`` handles it."""


def ignore_signals() -> None:
    """From now on signals do not interrupt the orderly stop."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def usable_database() -> Iterator[None]:
    """Turn errors of the database into one sentence, and close all connections afterwards."""
    try:
        yield
    except DatabaseError as error:
        reason = str(error).strip().splitlines()[0]
        raise StackError(f"The database cannot be used: {reason}") from error
    finally:
        connections.close_all()


class Supervisor:
    def __init__(self, folder: DataDirectory, logs: LogMultiplexer) -> None:
        self.folder, self.logs = folder, logs
        self.disk = DiskWatch(logs.print)
        options = folder.options
        self.web = Web(folder.path, host=options.host, port=options.port, workers=options.workers)
        self.site: list[ManagedProcess] = [self.web, Worker(folder.path), Beat(folder.path)]
        self.servers: list[ManagedProcess] = [folder.storage, folder.broker]
        if folder.lan:
            tcp_proxy = TcpProxy(folder.path, host=options.host, port=folder.ports["gate"], target=folder.ports["s3"])
            self.site.insert(0, tcp_proxy)

    def run(self) -> None:
        """Return when asked to stop; raise ``StackError`` if the stack cannot start or a process ends."""
        for number in STOP_SIGNALS:
            signal.signal(number, self._request_stop)
        try:
            self._start()
            self._watch()
        except StopRequested:
            self.logs.print("stopping")
        finally:
            ignore_signals()
            self._stop()

    def _request_stop(self, _number: int, _frame: FrameType | None) -> None:
        ignore_signals()
        raise StopRequested

    def _start(self) -> None:
        self._check_ports()
        for process in self.servers:
            self.logs.follow(process)
        statics.collect()
        with usable_database():
            call_command("migrate", interactive=False, verbosity=0)
        # The start of the storage is mostly waiting: the web server can load the site meanwhile.
        self.logs.follow(self.web)
        for process in self.servers:
            process.wait_ready()
        self._set_up_storage()
        self._wait_for_objects()
        self.web.wait_ready()
        for process in self.site:
            if process is not self.web:
                self.logs.follow(process)
        for process in self.site:
            process.wait_ready()
        # Last, since a generated password is printed only once: nothing may fail before that.
        with usable_database():
            sign_in = first_admin()
        host = addresses.visible(self.folder.options.host)[0]
        self.logs.print(f"ready http://{host}:{self.folder.options.port}/  {sign_in}")

    def _check_ports(self) -> None:
        options = self.folder.options
        ports.wait_free(options.port, options.host, "stop it, or choose another port with --port")
        remedy = f"stop it, or delete {self.folder.path / 'ports.json'} to have others chosen"
        for name, port in self.folder.ports.items():
            if name == "gate":
                if self.folder.lan:
                    ports.wait_free(port, options.host, remedy)
            else:
                ports.wait_free(port, "127.0.0.1", remedy)

    def _set_up_storage(self) -> None:
        try:
            for line in share_storage().setup(sorted({settings.SITE_URL, *settings.CORS_ORIGINS})):
                self.logs.print(f"storage set-up: {line}")
        except Refusal as refusal:
            raise StackError(f"The storage could not be set up: {refusal.message}") from refusal

    def _wait_for_objects(self) -> None:
        """The storage reports that it is ready before its volumes are: return when objects can be stored and read."""
        deadline = time.monotonic() + OBJECTS_SECONDS
        while True:
            try:
                share_storage().objects.check_readable()
                if free_space().for_files:
                    share_storage().objects.check_writable()
            except Refusal as refusal:
                if not self.folder.storage.alive:
                    raise StackError(f"The storage did not start: {self.folder.storage.exit_reason()}.") from refusal
                if time.monotonic() > deadline:
                    raise StackError(f"The storage serves no files: {refusal.message}") from refusal
                time.sleep(WATCH_SECONDS)
            else:
                return

    def _watch(self) -> None:
        while True:
            time.sleep(WATCH_SECONDS)
            self.disk.check()
            for process in (*self.site, *self.servers):
                if not process.alive:
                    log = self.logs.folder / f"{process.name}.log"
                    raise StackError(
                        f"The {process.name} stopped ({process.exit_reason()}), so everything stops; see {log}."
                    )

    def _stop(self) -> None:
        """Stop the site first, then its servers; processes of one kind stop together, as fast as one."""
        for kind in (self.site, self.servers):
            for process in kind:
                process.request_stop()
            for process in kind:
                process.stop()
        self.logs.close()
