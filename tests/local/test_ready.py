"""``ready`` means that files can be had: from the first second on, after every restart."""

import os

from tests.local.conftest import Starter
from tests.local.visitor import Visitor

RESTARTS = 3


def test_a_stored_file_is_there_as_soon_as_the_site_says_ready(start: Starter) -> None:
    run = start()
    run.wait_ready()
    visitor = Visitor(run)
    content = os.urandom(200_000)
    shares = [visitor.share(content) for _ in range(3)]
    for number in range(RESTARTS):
        # Every other time as a power cut would end it.
        if number % 2:
            run.process.kill()
            run.wait()
            assert run.left_over(20) == []
        else:
            assert run.stop() == 0
        run = start(run.data, port=run.port)
        run.wait_ready()
        assert [visitor.fetch(share) for share in shares] == [(200, content)] * 3
    assert run.stop() == 0
