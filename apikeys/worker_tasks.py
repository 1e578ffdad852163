"""What the worker does: the tasks that each app's configuration lists.

class HistoryConfig(AppConfig):
    worker_tasks = (WorkerTask("history.rollup.roll_up", every=timedelta(minutes=1)),)
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta

from django.apps import apps
from django.utils.module_loading import import_string


@dataclass(frozen=True, slots=True)
class WorkerTask:
    """A function without arguments that one worker calls every so often.

    ``run`` is its dotted name, as configurations are read before models can be imported. It
    returns how many things it did; when it raises, it is called again later. Tasks run beside each
    other, each once at a time. After a crash or a long pause of a worker another one may begin
    before the first has ended, so a task claims in the database what it works on.
    """

    run: str
    every: timedelta

    @property
    def name(self) -> str:
        return self.run.rpartition(".")[2]

    def __call__(self) -> int:
        return import_string(self.run)() or 0


_is_over: ContextVar[Callable[[], bool]] = ContextVar("is_over", default=lambda: False)


@contextmanager
def shift(is_over: Callable[[], bool]) -> Iterator[None]:
    """What is done inside is a worker's, which says by ``is_over`` when it has to stop."""
    before = _is_over.set(is_over)
    try:
        yield
    finally:
        _is_over.reset(before)


def stopping() -> bool:
    """Whether a long task should come to an end: the worker ends, or lets another one work.

    Outside a worker, in a command for instance, nothing has to.
    """
    return _is_over.get()()


def tasks() -> list[WorkerTask]:
    """Those of all installed apps, in the order of the apps."""
    return [task for app in apps.get_app_configs() for task in getattr(app, "worker_tasks", ())]
