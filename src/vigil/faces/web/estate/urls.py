"""Addresses of the estate pages."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
