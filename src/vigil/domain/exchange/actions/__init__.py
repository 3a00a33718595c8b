"""Changes to the exchange: peers, tokens, collections, what is sent and what arrives."""
