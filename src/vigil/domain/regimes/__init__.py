"""The regimes as this installation holds them: what ships, and its administrator's journalled changes."""
