"""Pages of detection: alerts, sources, rules, hunts, indicators, suppressions."""
