"""The picture: well-formed, free of script and style, holes in red, words in the reader's language."""

from xml.etree import ElementTree

from vigil.engines.roster import Person, Post, Problem, Span, Staffing, plan
from vigil.engines.roster.picture import svg

from .problems import local

NS = "{http://www.w3.org/2000/svg}"


def drawn(people: int, translate: object = None) -> str:
    staff = tuple(Person(f"p{i}", name=f"Nguyễn <{i}>") for i in range(people))
    problem = Problem(
        Span(local(0), local(2)), (Post("desk", ("watch",), staffing=Staffing(2, on_call=1)),), staff, name="Trực & lễ"
    )
    made = plan(problem)
    return svg(made, translate) if translate else svg(made)  # type: ignore[arg-type]


def test_holes_are_red_and_a_covered_roster_has_none() -> None:
    red = [rect for rect in ElementTree.fromstring(drawn(2)).iter(f"{NS}rect") if rect.get("fill") == "#d63939"]
    assert len(red) > 1
    assert [one.get("fill") for one in ElementTree.fromstring(drawn(12)).iter(f"{NS}rect")].count(
        "#d63939"
    ) == 1  # the legend


def test_it_may_stand_in_a_page_with_a_strict_policy() -> None:
    root = ElementTree.fromstring(drawn(4))
    for element in root.iter():
        assert element.tag.removeprefix(NS) in {"svg", "title", "rect", "text", "g", "line"}
        assert not [name for name in element.attrib if name == "style" or name.startswith("on") or "href" in name]
    assert root.find(f"{NS}title").text == "Trực & lễ"  # type: ignore[union-attr]


def test_every_word_goes_through_the_translation() -> None:
    picture = drawn(4, lambda wording: f"«{wording}»")
    for words in ("«Nights»", "«on site»", "«watch»", "«Hours on duty»"):
        assert words in picture
