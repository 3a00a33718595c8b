"""What changed since: every row of the API has its place in one order, which no writer can slip in before."""
