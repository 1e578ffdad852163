"""Pages that are one form."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form was sent with, though it be nothing; None when the page is only looked at."""
    return request.POST if request.method == "POST" else None


def form_page(
    request: HttpRequest, template: str, form: forms.BaseForm, **context: Any
) -> HttpResponse:
    """The page with its form; 400 when the form came with mistakes."""
    status = 400 if form.errors else 200
    return render(request, template, {"form": form, **context}, status=status)
