"""Idempotency-Key: a POST that is sent twice is done once (IETF draft 06)."""

import hashlib
import json
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.core.serializers.json import DjangoJSONEncoder
from django.db import OperationalError, transaction
from drf_spectacular.utils import OpenApiParameter
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from apikeys import tokens
from storefront.api.shop import ShopView
from storefront.models import KeptAnswer

WRITTEN_KEY: Final = re.compile(r"[!-~]{1,255}")
IDEMPOTENCY_KEY: Final = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="A value of your own, once for each deed: a repetition within a day is answered "
    "with the first answer and does nothing. Secrets are not repeated.",
)
View = Callable[..., Response]


class KeyReused(exceptions.APIException):
    status_code = 422
    default_code = "idempotency_key_reused"
    default_detail = "This Idempotency-Key was used for another request. Send a new one."


class StillRunning(exceptions.APIException):
    status_code = 409
    default_code = "request_in_progress"
    default_detail = "The first request with this Idempotency-Key is still being worked on."


def idempotent(*, hide: tuple[str, ...] = (), seal: tuple[str, ...] = ()) -> Callable[[View], View]:
    """Do a POST with an ``Idempotency-Key`` once.

    ``hide`` names members of the answer that are shown only the first time, ``seal`` those that
    are kept encrypted for the repetitions. The deed and its kept answer are one transaction, and
    a refused request leaves nothing behind: its key may be used again with a mended body.
    """

    def decorate(post: View) -> View:
        @wraps(post)
        def once(view: ShopView, request: Request, *args: Any, **options: Any) -> Response:
            key = request.headers.get("Idempotency-Key")
            if key is None:
                return post(view, request, *args, **options)
            if not WRITTEN_KEY.fullmatch(key):
                raise exceptions.ValidationError(
                    {"Idempotency-Key": "Use 1 to 255 visible ASCII characters."}
                )
            with transaction.atomic():
                kept, is_new = _begin(view, request, key)
                if not is_new:
                    answer = _unsealed(kept, seal)
                    return Response(answer, headers={"Idempotency-Replayed": "true"})
                response = post(view, request, *args, **options)
                if response.status_code >= 400:
                    transaction.set_rollback(True)
                    return response
                kept.keep(_sealed(kept, _without(response.data, hide), seal))
                return response

        return once

    return decorate


def _begin(view: ShopView, request: Request, key: str) -> tuple[KeptAnswer, bool]:
    body = view.subject + json.dumps(request.data, sort_keys=True, cls=DjangoJSONEncoder)
    digest = hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()
    try:
        with transaction.atomic():
            kept, is_new = KeptAnswer.objects.begin(
                request.user.pk, request.path.rstrip("/"), key, body_digest=digest
            )
    except OperationalError as error:  # waited for as long as a web process may
        raise StillRunning from error
    if kept.body_digest != digest:
        raise KeyReused
    return kept, is_new


def _sealed(kept: KeptAnswer, data: Any, names: tuple[str, ...]) -> Any:
    """The answer as it is stored: of a sealed member the database holds nothing of use."""
    if not isinstance(data, dict):
        return data
    return data | {name: tokens.seal(kept.digest, data[name]) for name in names if name in data}


def _unsealed(kept: KeptAnswer, names: tuple[str, ...]) -> Any:
    if not isinstance(kept.answer, dict):
        return kept.answer
    sealed = {name: kept.answer[name] for name in names if name in kept.answer}
    return kept.answer | {name: tokens.unseal(kept.digest, text) for name, text in sealed.items()}


def _without(data: Any, hidden: tuple[str, ...]) -> Any:
    plain = json.loads(json.dumps(data, cls=DjangoJSONEncoder))
    if isinstance(plain, dict):
        plain |= {name: None for name in hidden if name in plain}
    return plain
