"""The outbox: what must reach somebody, written in the transaction of the fact, carried by the courier."""
