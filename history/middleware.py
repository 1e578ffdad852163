"""Records every call, and lets no write stand that could not be recorded."""

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig
from django.db import DatabaseError, InterfaceError, transaction
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.template.response import SimpleTemplateResponse
from django.utils import timezone

from apikeys import outage, problem
from apikeys.authentication import is_guarded
from apikeys.judged import JudgedRequest
from history import recorder

logger = logging.getLogger(__name__)

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
Handler = Callable[[HttpRequest], HttpResponse]
Ending = HttpResponse | Exception


class CallHistoryMiddleware:
    """Notes when a call came, steps aside, and records what was decided.

    It knows two facts of a call, both set on the request: ``api_key`` once a key is proven, and
    ``denial``. For a write the view's effect and the record are one transaction: the effect is
    undone when the answer is an error, and both are when the record cannot be kept.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: JudgedRequest) -> HttpResponse:
        request.call_started = timezone.now()
        response = self.get_response(request)
        if getattr(request, "denial", None) and not hasattr(request, "call_recorded"):
            # A page of its own, such as a session-transfer link, refused somebody.
            return _answer_recorded(request, response)
        return response

    def process_view(
        self, request: JudgedRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Call a guarded view here, where its transaction can be held; leave others to Django."""
        if not (is_guarded(view) or _spends(view)):
            return None
        request.call_recorded = True

        def call_view() -> HttpResponse:
            response = view(request, *args, **kwargs)
            if isinstance(response, SimpleTemplateResponse):  # as REST framework's answers are
                response.render()  # what cannot be written must fail before the commit
            return response

        try:
            if request.method in SAFE_METHODS and not _spends(view):
                outcome = _read(request, call_view)
            else:
                outcome = _write(request, call_view)
        except (DatabaseError, InterfaceError) as error:
            advice = outage.in_words(error)
            logger.exception("A call could not be recorded. %s", advice, extra={"request": request})
            return problem.unavailable(request)
        if isinstance(outcome, Exception):
            raise outcome  # a mistake of the view, which is recorded: no outage
        return outcome


def _spends(view: Callable[..., HttpResponse]) -> bool:
    """Whether the view says that it uses something up although browsers ask for it by GET."""
    return getattr(view, "spends", False)


def _outcome(call_view: Callable[[], HttpResponse]) -> tuple[Ending, int]:
    """What the view answered or raised, and the status that this means for the caller."""
    try:
        response = call_view()
    except Exception as error:
        return error, 500
    return response, response.status_code


def _read(request: JudgedRequest, call_view: Callable[[], HttpResponse]) -> Ending:
    outcome, status = _outcome(call_view)
    recorder.record(request, status=status)
    return outcome


def _write(request: JudgedRequest, call_view: Callable[[], HttpResponse]) -> Ending:
    """The view and its record in one transaction.

    The savepoint is set by the authentication class, after the gate's own traces (a spent nonce,
    the last use) and before the view's first line, so that an error undoes only the effect.
    """
    _receive(request)
    with transaction.atomic():
        outcome, status = _outcome(call_view)
        effect = getattr(request, "effect", None)
        if effect is not None and status >= 400:
            # The database's own error inside the view marked the whole transaction, which then
            # takes no statement at all; but only the view's effect is lost.
            transaction.set_rollback(False)
            transaction.savepoint_rollback(effect)
        recorder.record(request, status=status)
    return outcome


def _receive(request: HttpRequest) -> None:
    """Wait for the body before the transaction begins.

    On SQLite the transaction holds the only lock for writing: whoever sends slowly would keep
    everybody else waiting. A body announced as too large stays unread; the view refuses it.
    """
    try:
        with suppress(RequestDataTooBig):
            _ = request.body
    except UnreadablePostError as error:  # the caller hung up
        raise BadRequest("The body did not come.") from error


def _answer_recorded(request: JudgedRequest, response: HttpResponse) -> HttpResponse:
    try:
        recorder.record(request, status=response.status_code)
    except (DatabaseError, InterfaceError) as error:
        advice = outage.in_words(error)
        logger.exception(
            "A refused call could not be recorded. %s", advice, extra={"request": request}
        )
        return problem.unavailable(request)
    return response
