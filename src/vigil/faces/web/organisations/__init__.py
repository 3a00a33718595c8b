"""Organisations, people and contact points: lists, pages, and the public page of a contact test."""
