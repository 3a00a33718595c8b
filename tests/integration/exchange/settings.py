"""Vigil's settings with the tests' receiver."""

from vigil.project.settings import *  # noqa: F403

VIGIL_EXCHANGE_RECEIVER = "tests.integration.exchange.receiver.CountingReceiver"
