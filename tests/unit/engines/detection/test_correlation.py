"""Correlations: whatever the order of arrival, the fast way finds the closing events that the slow one finds."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.engines.detection.correlation import KINDS, OPERATORS, Closed, Correlation, Matched, slowly
from vigil.engines.detection.correlator import Correlator

RULES = ("r1", "r2", "r3")
matched = st.builds(
    Matched,
    st.integers(0, 40).map(float),
    st.just(""),
    st.sampled_from(RULES),
    st.fixed_dictionaries(
        {}, optional={"host": st.sampled_from(["a", "b"]), "n": st.sampled_from(["1", "2", "-3", "x", "2.5"])}
    ).map(lambda values: tuple(values.items())),
)
events = st.lists(matched, max_size=12).map(
    lambda several: [Matched(one.at, f"e{n:02d}", one.rule, one.values) for n, one in enumerate(several)]
)
expressions = st.recursive(
    st.sampled_from(RULES),
    lambda inner: st.one_of(
        inner.map(lambda part: ("not", (part,))),
        st.tuples(st.sampled_from(["and", "or"]), st.tuples(inner, inner)),
    ),
    max_leaves=4,
)
correlations = st.builds(
    Correlation,
    st.just("c"),
    st.just("C"),
    st.just("high"),
    st.sampled_from(KINDS),
    st.just(RULES),
    st.sampled_from([(), ("host",)]),
    st.sampled_from([0.0, 5.0, 20.0]),
    st.sampled_from(sorted(OPERATORS)),
    st.sampled_from([0, 1, 2, 3]),
    st.just(("n",)),
    st.sampled_from([0, 50, 90, 100]),
    st.one_of(st.none(), expressions),
)


def _whole(correlator: Correlator, batches) -> set:
    found = [closed for batch in batches for closed in correlator.add(batch)]
    found += correlator.finish()
    assert len(found) == len(set(found)), "nothing is told twice"
    return set(found)


@settings(deadline=None, max_examples=400)
@given(correlations, events, st.randoms(use_true_random=False), st.integers(1, 4))
def test_any_order_of_arrival_finds_the_same(correlation, several, dice, size) -> None:
    shuffled = list(several)
    dice.shuffle(shuffled)
    batches = [shuffled[n : n + size] for n in range(0, len(shuffled), size)]
    assert _whole(Correlator([correlation], lateness_s=1000), batches) == slowly(correlation, several)


@settings(deadline=None, max_examples=200)
@given(correlations, events, st.integers(0, 12))
def test_events_in_order_need_no_waiting_and_a_restart_changes_nothing(correlation, several, cut) -> None:
    ordered = sorted(several)
    first, second = Correlator([correlation], lateness_s=0), Correlator([correlation], lateness_s=0)
    found = [closed for event in ordered[:cut] for closed in first.add([event])]
    second.restore(json.loads(json.dumps(first.state())))
    found += [closed for event in ordered[cut:] for closed in second.add([event])] + second.finish()
    assert set(found) == slowly(correlation, several)
    assert len(found) == len(set(found))


def test_a_flood_keeps_little_and_finds_the_same() -> None:
    many = Correlation("many", "Many refusals", "medium", "event_count", ("refused",), ("user",), 60, "gte", 10)
    flood = [Matched(n / 50, f"e{n:05d}", "refused", (("user", "an"),)) for n in range(9_000)]
    correlator = Correlator([many], bounded=True)
    found = {closed for n in range(0, len(flood), 700) for closed in correlator.add(flood[n : n + 700])}
    assert found == {Closed(one.at, "many", ("an",), one.event) for one in flood[9:]}
    state = correlator.group_state(("many", ("an",)))
    assert len(state["events"]) <= 1_000
    assert len(state["told"]) <= 1_000
    late = Matched(1.0, "late", "refused", (("user", "an"),))
    again = Correlator([many], fetch=lambda _: json.loads(json.dumps(state)), bounded=True)
    assert (again.add([late]), again.too_late) == ([], 1)


def test_ten_refused_then_one_let_in_is_found_and_what_comes_too_late_is_counted() -> None:
    many = Correlation("many", "Many refusals", "medium", "event_count", ("refused",), ("user",), 60, "gte", 10)
    chain = Correlation("guessed", "Guessed", "high", "temporal_ordered", ("many", "accepted"), ("user",), 300)
    correlator = Correlator([many, chain], lateness_s=600)
    refused = [Matched(float(n), f"r{n}", "refused", (("user", "an"),)) for n in range(10)]
    assert [closed.correlation for closed in correlator.add(refused)] == ["many"]
    let_in = Matched(100.0, "ok", "accepted", (("user", "an"),))
    assert [(closed.correlation, closed.group) for closed in correlator.add([let_in])] == [("guessed", ("an",))]
    assert correlator.add([Matched(100.0, "ok", "accepted", (("user", "an"),))]) == [], "the same again"
    assert correlator.add([Matched(5000.0, "later", "refused", (("user", "an"),))]) == []
    assert correlator.add([Matched(50.0, "late", "refused", (("user", "an"),))]) == []
    assert correlator.too_late == 1
    assert len(json.dumps(correlator.state())) < 400, "what no span reaches is forgotten"
