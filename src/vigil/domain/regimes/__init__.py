"""The regimes as this installation holds them: what ships, and what its administrator changed, each change journalled."""
