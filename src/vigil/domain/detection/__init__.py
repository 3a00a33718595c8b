"""Detection remembered: where events come from, which rules run for whom, what was found, and what became of it."""
