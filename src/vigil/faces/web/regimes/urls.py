"""Addresses of the regimes pages."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
