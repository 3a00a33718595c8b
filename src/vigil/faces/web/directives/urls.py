"""Addresses of the directives pages."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
