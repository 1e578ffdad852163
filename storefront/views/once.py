"""A form of the console that is sent twice does its deed once."""

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from storefront.models import KeptAnswer


def is_repeated(request: HttpRequest) -> bool:
    """Whether this very form was sent before; then says so to the person.

    Every form carries a number of its own (``{% submission %}``). Call it in the transaction of
    the deed: when that fails, the form may be sent again.
    """
    number = request.POST.get("submission", "")[:64]
    if not number:
        return False
    _kept, is_new = KeptAnswer.objects.begin(
        "console", request.user.pk, request.path, number, body_digest=""
    )
    if not is_new:
        messages.info(request, _("The form was sent twice, and carried out once."))
    return not is_new
