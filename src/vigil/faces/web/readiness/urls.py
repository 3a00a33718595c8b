"""Addresses of the readiness pages."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
