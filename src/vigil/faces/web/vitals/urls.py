"""Addresses of the vitals pages."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
