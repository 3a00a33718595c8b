"""Sigma rules where they lie (folders, files, release archives), and compiled plans kept from one start to the next."""

from vigil.adapters.sigma_rules.folders import rule_texts
from vigil.adapters.sigma_rules.plans import kept_plan

__all__ = ["kept_plan", "rule_texts"]
