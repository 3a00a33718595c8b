"""Addresses of the start pages."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
