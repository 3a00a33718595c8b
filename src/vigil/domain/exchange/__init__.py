"""What goes between this Vigil and others: peers, their collections and tokens, what waits and what arrived."""
