"""Words every floor speaks: clock, identifiers, errors, phrases, proofs. No Django, no sockets."""
