"""Duty (obligations 1.a, 1.b): posts, people, the roster of a watch, who was there, hand-overs, providers."""
