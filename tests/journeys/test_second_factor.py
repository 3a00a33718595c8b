"""A passkey and an authenticator app, in a real browser: demanded by role, set up, and used to sign in."""

import time

import pyotp
import pytest
from tests.journeys.conftest import PASSWORD, start, stop
from tests.oidc_provider import CLIENT, SECRET, start_provider
from tests.postgresql import free_port

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def demanding(tmp_path_factory):
    """A Vigil whose administrators must show a second factor, and an OpenID provider beside it."""
    port, folder = free_port(), tmp_path_factory.mktemp("vigil")
    started, process = start(
        folder,
        sample=False,
        VIGIL_MFA_ROLES="administrator",
        VIGIL_OIDC_URL=f"http://localhost:{port}",
        VIGIL_OIDC_CLIENT_ID=CLIENT,
        VIGIL_OIDC_CLIENT_SECRET=SECRET,
        VIGIL_OIDC_NAME="Cổng Mẫu",
    )
    provider = start_provider(folder / "provider", f"{started.url}/sign-in/oidc/back/", port=port)
    yield started, provider
    provider.stop()
    stop(process)


def _key(page) -> None:
    """A key in the browser, as a telephone or a laptop has one: it knows its owner's face."""
    developer = page.context.new_cdp_session(page)
    developer.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    developer.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def _sign_out(page) -> None:
    page.locator("form[action='/sign-out/'] button").first.click()
    page.wait_for_load_state()


def test_who_comes_from_a_provider_is_known_and_has_no_role(demanding, page, shot) -> None:
    demanding, provider = demanding
    page.goto(f"{provider.issuer}/control/enter?user=binh")
    page.goto(f"{demanding.url}/sign-in/")
    shot("oidc-1-sign-in")
    page.click("#oidc")
    page.wait_for_url("**/me/no-role/")
    assert "binh" in page.locator("main").inner_text()
    shot("oidc-2-no-role")
    page.goto(f"{demanding.url}/me/")
    assert "Cổng Mẫu" in page.locator("main").inner_text()
    shot("oidc-3-me")


def test_a_second_factor_is_demanded_set_up_and_asked_for(demanding, page, sign_in, shot) -> None:
    demanding, _ = demanding
    _key(page)
    sign_in(demanding)
    page.wait_for_url("**/me/second-factor/")
    page.goto(f"{demanding.url}/organisations/")
    page.wait_for_url("**/me/second-factor/")
    shot("mfa-1-demanded")

    page.click("a[href='/me/second-factor/keys/add/']")
    page.fill("#id_password", PASSWORD)
    page.locator("main form button[type=submit]").click()
    page.wait_for_url("**/keys/add/")
    page.fill("#id_name", "Điện thoại của tôi")
    page.click("#add-key")
    page.wait_for_url("**/me/second-factor/codes/")
    codes = page.locator("#codes code").all_inner_texts()
    assert len(codes) == 10
    shot("mfa-4-codes")
    page.goto(f"{demanding.url}/organisations/")
    assert "/organisations/" in page.url

    page.goto(f"{demanding.url}/me/second-factor/app/")
    secret = page.locator("main code").inner_text()
    assert page.locator("main img").evaluate("picture => picture.naturalWidth") > 100, "the policy lets it be shown"
    page.fill("#id_code", pyotp.TOTP(secret).at(time.time() - 30))
    shot("mfa-5-app", width=390, height=844, theme="dark")
    page.locator("main form button[type=submit]").click()
    page.wait_for_url("**/me/second-factor/")

    _sign_out(page)
    page.goto(f"{demanding.url}/sign-in/")
    page.click("#passkey")
    page.wait_for_url("**/start/")
    assert page.locator("aside").is_visible(), "the key alone is enough"

    _sign_out(page)
    sign_in(demanding)
    page.wait_for_url("**/sign-in/second-factor/")
    shot("mfa-7-asked", width=390, height=844, theme="dark")
    page.click("#use-key")
    page.wait_for_url("**/start/")

    _sign_out(page)
    sign_in(demanding)
    page.wait_for_url("**/sign-in/second-factor/")
    page.fill("#id_code", "000000")
    page.locator("main form", has=page.locator("#id_code")).locator("button[type=submit]").click()
    assert page.locator("[role=alert]:visible").first.is_visible()
    page.fill("#id_code", pyotp.TOTP(secret).now())
    page.locator("main form", has=page.locator("#id_code")).locator("button[type=submit]").click()
    page.wait_for_url("**/start/")

    page.goto(f"{demanding.url}/health/")
    assert "administrator" in page.locator("main").inner_text()
    demanding.vigil("account", "reset-factor", "admin", "--why", "mất điện thoại")
    page.goto(f"{demanding.url}/organisations/")
    page.wait_for_url("**/sign-in/**")
    refused = demanding.vigil("account", "reset-factor", "admin", check=False)
    assert refused.returncode == 3
    assert "account.no_factor" in refused.stderr
