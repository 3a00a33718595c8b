"""The regimes: which authority, deadlines and forms hold on a day."""
