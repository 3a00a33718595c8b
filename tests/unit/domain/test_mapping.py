"""The rules from a provider's groups to roles: read strictly, compared as directories compare."""

import pytest

from vigil.domain.accounts.mapping import Rule, meant, parse_roles, parse_rules


def test_a_rule_names_group_role_and_organisation() -> None:
    text = "leads=>watch_lead@BM01;  CN=Admins, OU=Groups,DC=Bo-Mau => administrator@*\n x => y => viewer@BM 02;"
    assert parse_rules(text, "S") == (
        Rule("leads", "watch_lead", "BM01"),
        Rule("cn=admins,ou=groups,dc=bo-mau", "administrator", "*"),
        Rule("x => y", "viewer", "BM 02"),
    )


@pytest.mark.parametrize(
    "text", ["leads", "leads=>viewer", "leads=>viewer@", "=>viewer@*", "leads=>king@*", "leads->viewer@*", "a=>@*"]
)
def test_a_rule_that_is_not_understood_names_the_setting(text) -> None:
    with pytest.raises(ValueError, match="VIGIL_X"):
        parse_rules(text, "VIGIL_X")


@pytest.mark.parametrize(
    "groups, expected",
    [
        ({"leads"}, {("watch_lead", "A"), ("viewer", "B")}),
        ({"LEADS "}, {("watch_lead", "A"), ("viewer", "B")}),
        ({"cn=Leads, dc=x"}, {("engineer", "*")}),
        ({"lead", "leads2", ""}, set()),
        (set(), set()),
    ],
)
def test_only_whole_group_names_mean_something(groups, expected) -> None:
    rules = parse_rules("leads=>watch_lead@A;leads=>viewer@B;cn=leads,dc=x=>engineer@*", "S")
    assert meant(groups, rules) == expected


@pytest.mark.parametrize(
    "text, expected",
    [("", set()), ("all", {"all"}), (" administrator, watch_lead ", {"administrator", "watch_lead"})],
)
def test_roles_of_whom_a_factor_is_demanded(text, expected) -> None:
    assert parse_roles(text, "S") == expected


@pytest.mark.parametrize("text", ["admin", "administrator,king", "all,viewer", "Administrator"])
def test_an_unknown_role_is_an_error_that_lists_the_known(text) -> None:
    with pytest.raises(ValueError, match=r"VIGIL_MFA_ROLES.*watch_lead"):
        parse_roles(text, "VIGIL_MFA_ROLES")
