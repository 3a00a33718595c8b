"""Who may do what: a role reaches its organisation and what lies under it, and nothing beside it."""

import pytest

from vigil.domain.accounts.actions import create_user, grant, revoke, set_active
from vigil.domain.accounts.models import Role, RoleGrant
from vigil.domain.accounts.permissions import MATRIX, organisations_for, permitted
from vigil.domain.organisations.actions.tree import save_organisation
from vigil.domain.organisations.models import Organisation
from vigil.kernel.errors import Conflict, Refused


@pytest.fixture
def tree(organisation_of):
    province = organisation_of("Tỉnh", "province")
    return {
        "province": province,
        "department": organisation_of("Sở", "dept_ict", parent=province),
        "bank": organisation_of("Ngân hàng", "bank"),
    }


@pytest.fixture
def user(db, lead, now):
    return create_user(username="an", password="một mật khẩu dài", actor=lead, now=now)


def test_without_a_role_nothing_is_seen(user, tree) -> None:
    assert not organisations_for(user).exists()


def test_a_role_over_a_province_reaches_its_departments_and_no_bank(user, tree, lead, now) -> None:
    grant(user=user, role=Role.WATCH_LEAD, organisation=tree["province"], actor=lead, now=now)
    assert set(organisations_for(user)) == {tree["province"], tree["department"]}
    assert permitted(user, "directives.confirm", tree["department"])
    assert not permitted(user, "directives.confirm", tree["bank"])
    assert not permitted(user, "view", None)


def test_a_role_over_a_department_does_not_reach_its_province(user, tree, lead, now) -> None:
    grant(user=user, role=Role.WATCH_LEAD, organisation=tree["department"], actor=lead, now=now)
    assert not permitted(user, "view", tree["province"])


@pytest.mark.parametrize("role", list(Role))
def test_the_matrix_is_what_is_permitted(user, tree, lead, now, role) -> None:
    grant(user=user, role=role, organisation=tree["bank"], actor=lead, now=now)
    for permission, roles in MATRIX.items():
        assert permitted(user, permission, tree["bank"]) == (role in roles), permission
        assert user.has_perm(f"vigil.{permission}", tree["bank"]) == (role in roles), permission


def test_a_closed_account_sees_nothing(user, tree, lead, now) -> None:
    grant(user=user, role=Role.VIEWER, organisation=None, actor=lead, now=now)
    set_active(user=user, active=False, actor=lead, now=now)
    user.refresh_from_db()
    assert not organisations_for(user).exists()


def test_the_last_administrator_stays(user, lead, now) -> None:
    only = grant(user=user, role=Role.ADMINISTRATOR, organisation=None, actor=lead, now=now)
    with pytest.raises(Refused):
        revoke(grant=only, actor=lead, now=now)
    with pytest.raises(Refused):
        set_active(user=user, active=False, actor=lead, now=now)
    other = create_user(username="binh", password="một mật khẩu khác", actor=lead, now=now)
    grant(user=other, role=Role.ADMINISTRATOR, organisation=None, actor=lead, now=now)
    revoke(grant=only, actor=lead, now=now)
    assert RoleGrant.objects.filter(role="administrator").count() == 1


def test_a_name_is_taken_whatever_its_case(user, lead, now) -> None:
    with pytest.raises(Conflict):
        create_user(username="AN", password="x", actor=lead, now=now)


def test_a_moved_organisation_takes_what_lies_under_it_along(user, tree, lead, now) -> None:
    grant(user=user, role=Role.VIEWER, organisation=tree["bank"], actor=lead, now=now)
    tree["province"].parent = tree["bank"]
    save_organisation(organisation=tree["province"], actor=lead, now=now)
    assert set(organisations_for(user)) == set(Organisation.objects.all())
    tree["bank"].parent = Organisation.objects.get(pk=tree["department"].pk)
    with pytest.raises(Refused):
        save_organisation(organisation=tree["bank"], actor=lead, now=now)
