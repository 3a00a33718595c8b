"""Health, for machines (/healthz) and for people (/health/)."""
