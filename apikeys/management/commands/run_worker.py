import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import CommandParser

from apikeys import at_rest
from apikeys.management.base import Command as BaseCommand
from apikeys.management.base import Failed
from apikeys.worker import LeaseTaken, Worker
from apikeys.worker_tasks import tasks


class Command(BaseCommand):
    help = (
        "Do what has to be done in the background. Any number may run on any hosts: a lease lets "
        "one work at a time. SIGTERM and Ctrl-C let it finish what it has begun."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="run every task once, then end")

    def handle(self, *args: Any, **options: Any) -> None:
        # With other sealing keys every webhook would be switched off: its secret cannot be opened.
        at_rest.require_fit()
        worker = Worker(tasks())
        with _signals_to(worker.end):
            try:
                worker.work_once() if options["once"] else worker.work()
            except LeaseTaken as taken:
                raise Failed("Another worker is working and did not step aside.") from taken
        failed = sorted(worker.failures) if options["once"] else []
        lines = [f"{name}: {count}" for name, count in worker.counts.items()]
        self.answer({"tasks": dict(worker.counts), "failed": failed}, "\n".join(lines))
        if failed:
            raise Failed(f"Failed: {', '.join(failed)}.")


@contextmanager
def _signals_to(end: Callable[..., None]) -> Iterator[None]:
    """SIGTERM and Ctrl-C call ``end`` instead of ending the process at once."""
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
