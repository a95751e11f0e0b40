"""The web server of the embedded stack stops on a signal, however often it is sent."""

from sharesite.dev_stack.serve import SingleShutdownServer


class Nested:
    """A flag in whose setting the same signal comes again, as it does when an owner of many threads dies."""

    def __init__(self, server: SingleShutdownServer) -> None:
        self.server = server
        self.times = 0

    def set(self) -> None:
        self.times += 1
        self.server.signal_handler_interrupt(15, None)


def test_a_second_signal_during_the_first_is_ignored() -> None:
    """The flag's lock is held in that moment, and would be waited for by the one who holds it."""
    server = SingleShutdownServer("nothing:here")
    server.main_loop_interrupt = flag = Nested(server)
    server.signal_handler_interrupt(15, None)
    assert (flag.times, server.interrupt_signal) == (1, True)
