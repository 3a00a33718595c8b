"""Mail that came in: offers, and what was set aside."""
