"""What all edit pages share: a form that is saved by one action, its faults beside its fields."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from vigil.kernel.errors import Conflict, Refused


def saved(form: forms.BaseForm, save: Callable[[], Any]) -> bool:
    """Whether the form held and `save` took it; what `save` refused stands above the form."""
    if not form.is_valid():
        return False
    try:
        save()
    except (Refused, Conflict) as error:
        form.add_error(None, error.phrase.said(gettext))
        return False
    return True


def tried(request: HttpRequest, action: Callable[[], Any], done: str) -> bool:
    """Do a one-button change and say that it was done, or why not."""
    try:
        action()
    except (Refused, Conflict) as error:
        messages.error(request, error.phrase.said(gettext))
        return False
    messages.success(request, done)
    return True


def form_page(
    request: HttpRequest, form: forms.BaseForm, *, title: str, back: str, save_label: str = "", **more: Any
) -> HttpResponse:
    """The page of a form: 422 when it was sent and did not hold."""
    context = {"form": form, "title": title, "back": back, "save_label": save_label or gettext("Save"), **more}
    return render(request, "lists/form.html", context, status=422 if form.is_bound else 200)
