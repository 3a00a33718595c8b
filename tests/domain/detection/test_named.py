"""What somebody means who names a rule or an indicator."""

from datetime import timedelta

import pytest
from tests.detection import raised, rule_text

from vigil.domain.detection.actions.rules import import_rules
from vigil.domain.detection.models import Rule
from vigil.domain.detection.named import key_named, lately_raised
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Refused

ACTOR = Actor("cli", "test", "test")


def test_what_was_raised_last_stands_first_once_each(isp, now) -> None:
    for n, key in enumerate(["a", "b", "c", "a"]):
        raised(isp, now - timedelta(hours=9 - n), key=key, entity=f"e{n}", title=key.upper())
    assert lately_raised(isp.pk, str, most=2) == [("a", "A"), ("c", "C")]
    assert lately_raised(isp.pk, str) == [("a", "A"), ("c", "C"), ("b", "B")]


def test_a_title_that_several_rules_have_names_none(isp, now) -> None:
    texts = [(f"{n}.yml", rule_text(n, title="The same")) for n in (1, 2)]
    import_rules(texts=texts, origin="sigmahq", actor=ACTOR, now=now)
    first, second = Rule.objects.filter(title="The same").order_by("uid").values_list("uid", flat=True)
    with pytest.raises(Refused, match=r"suppression\.several"):
        key_named(isp.pk, "the same", str)
    assert key_named(isp.pk, second, str) == second != first
    with pytest.raises(Refused, match=r"suppression\.unknown"):
        key_named(isp.pk, "nothing of the kind", str)
