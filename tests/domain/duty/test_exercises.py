"""A real watch and an exercise side by side: neither takes the other's people, neither pages them."""

from tests.duty import LEAD, NOW, World, at, published

from vigil.domain.directives.models import Directive, DirectiveState, Dispatch, Watch
from vigil.domain.duty.actions.planning import draft
from vigil.domain.duty.models import Kind
from vigil.domain.duty.on_call import RosterOnCall
from vigil.kernel.on_call import Target

MORNING = at(30, 9)


def _exercise(world: World) -> World:
    real = world.watch
    dispatch = Dispatch.objects.create(
        organisation=world.organisation, sha256="1" * 64, size_bytes=1, media_type="text/plain", received_at=NOW
    )
    directive = Directive.objects.create(
        organisation=world.organisation, dispatch=dispatch, state=DirectiveState.CONFIRMED,
        subject="Diễn tập", created_at=NOW,
    )  # fmt: skip
    watch = Watch.objects.create(
        organisation=world.organisation, directive=directive, title="Diễn tập", exercise=True,
        starts_at=real.starts_at, ends_at=real.ends_at, state=real.state,
    )  # fmt: skip
    return World(world.organisation, watch, world.post, world.people, world.duty, world.providers)


def _on_duty(roster):
    rows = roster.rows.filter(superseded_at=None, kind=Kind.ON_SITE, starts_at__lte=MORNING, ends_at__gt=MORNING)
    return set(rows.values_list("person", flat=True))


def test_who_practises_is_not_paged_in_earnest_and_the_other_way_round(world) -> None:
    practice = published(_exercise(world))
    asked = RosterOnCall().people
    alone = set(asked(world.organisation.pk, Target.ON_DUTY, MORNING))
    assert alone == _on_duty(practice), "where nothing else runs, whoever is there is asked"
    real = published(world)
    assert set(asked(world.organisation.pk, Target.ON_DUTY, MORNING)) == _on_duty(real)
    assert set(asked(world.organisation.pk, Target.ON_DUTY, MORNING, exercise=True)) == _on_duty(practice)


def test_an_exercise_keeps_nobody_away_from_a_real_watch(world) -> None:
    world.post.on_site = 8  # three shifts of eight: nearly everybody stands every day
    world.post.save()
    published(_exercise(world))
    assert not draft(watch=world.watch, posts=[world.post], actor=LEAD, now=NOW).unfilled
