"""Sign-in at an OpenID provider: django-allauth's code flow with PKCE and state, and what it leaves out.

Source: OpenID Connect Core 1.0, 3.1.2.1 and 3.1.3.7 (nonce, issuer, audience, azp, signature), 5.3.2 (the subject of
UserInfo must be the ID token's); Discovery 1.0, 4.3 (the issuer must be the one that was asked); RFC 7636 (PKCE).
"""

import hashlib
import hmac
import logging
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import jwt
import requests
from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from vigil.domain.accounts.external import Outsider, admit
from vigil.faces.web.problems import problem_response
from vigil.kernel import clock
from vigil.kernel.actors import worker
from vigil.kernel.errors import NotAllowed, Refused, Unavailable, VigilError
from vigil.kernel.identifiers import new_token
from vigil.kernel.phrases import N_

log = logging.getLogger(__name__)
SOURCE: Final = "oidc"
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
LEEWAY_S: Final = 60
_LONGEST_SUBJECT: Final = 160
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


def _told() -> Any:
    """The provider of the settings (project/sign_in.py); asked for only where there is one."""
    return settings.VIGIL_OIDC


def _unavailable(why: str) -> Unavailable:
    log.warning("the OpenID provider cannot be used: %s", why)
    return Unavailable(
        "oidc.unavailable",
        N_("{name} does not answer as it should. Accounts with a password here can sign in as before."),
        name=_told().name,
    )


def _refused(why: str) -> Refused:
    log.warning("a sign-in by the OpenID provider was refused: %s", why)
    return Refused(
        "oidc.refused",
        N_("{name} did not confirm who you are. Begin again at the sign-in page."),
        name=_told().name,
    )


class _Talk(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth ships no types
    """The talk with the provider; each answer is checked before it is believed."""

    nonce = ""

    @property
    def openid_config(self) -> dict[str, Any]:
        """Its own description. Raises: Unavailable `oidc.unavailable`."""
        if not hasattr(self, "_openid_config"):
            config = self._json(self.get_provider().server_url)
            issuer = _told().issuer
            if str(config.get("issuer", "")).rstrip("/") != issuer.rstrip("/"):
                raise _unavailable("it calls itself another issuer than VIGIL_OIDC_URL")
            plain = urlsplit(issuer).scheme == "http"
            for name in _ENDPOINTS:
                if urlsplit(str(config.get(name, ""))).scheme not in ("https", "http" if plain else "https"):
                    raise _unavailable(f"its {name} is missing or not https")
            self._openid_config = config
        return self._openid_config

    def _json(self, url: str) -> dict[str, Any]:
        try:
            with OidcAdapter(self.request).get_requests_session() as session:
                answer = session.get(url)
                answer.raise_for_status()
                found = answer.json()
        except requests.RequestException as error:
            raise _unavailable(type(error).__name__) from None
        if not isinstance(found, dict):
            raise _unavailable("its answer is not an object")
        return found

    def complete_login(self, request: HttpRequest, app: SocialApp, token: Any, **kwargs: Any) -> SocialLogin:
        """Who it is: the ID token, checked; beside it what UserInfo tells of the same subject."""
        claims = self.checked(str(kwargs["response"].get("id_token") or ""))
        told: dict[str, Any] = {}
        if self.openid_config.get("userinfo_endpoint"):
            told = self._fetch_user_info(token.token)
            if told.get("sub") != claims["sub"]:
                raise _refused("UserInfo is of another subject")
        return self.get_provider().sociallogin_from_response(request, {"id_token": claims, "userinfo": told})

    def checked(self, id_token: str) -> dict[str, Any]:
        """The claims of an ID token. Raises: Refused `oidc.refused`."""
        client = _told().client_id
        try:
            header = jwt.get_unverified_header(id_token)
            if header.get("alg") not in ALGORITHMS:
                raise _refused("the ID token's algorithm")
            claims: dict[str, Any] = jwt.decode(
                id_token,
                self._key(header),
                algorithms=[header["alg"]],
                audience=client,
                issuer=self.openid_config["issuer"],
                leeway=LEEWAY_S,
                options={"require": ["iss", "aud", "exp", "iat", "sub"]},
            )
        except (jwt.PyJWTError, TypeError, ValueError) as error:
            raise _refused(f"the ID token: {type(error).__name__}") from None
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if several else client) != client:
            raise _refused("the ID token is for another party")
        if not self.nonce or not hmac.compare_digest(str(claims.get("nonce", "")).encode(), self.nonce.encode()):
            raise _refused("the nonce")
        if not str(claims["sub"]):
            raise _refused("no subject")
        return claims

    def _key(self, header: Mapping[str, Any]) -> jwt.PyJWK:
        keys = [key for key in self._json(self.openid_config["jwks_uri"]).get("keys", ()) if isinstance(key, dict)]
        keys = [key for key in keys if key.get("use", "sig") == "sig" and key.get("kty") != "oct"]
        named = [key for key in keys if key.get("kid") == header.get("kid")] if header.get("kid") else keys
        if len(named) != 1:
            raise _refused("no key of that name")
        return jwt.PyJWK(named[0], algorithm=header["alg"])


class _Provider(OpenIDConnectProvider):  # type: ignore[misc]  # allauth ships no types
    """The one provider that is configured. What a link's query asks for beyond that is not passed on."""

    oauth2_adapter_class = _Talk

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:
        """As configured."""
        return list(_told().scopes)

    def get_auth_params_from_request(self, request: HttpRequest, action: str) -> dict[str, str]:
        """None but ours."""
        return {}

    def redirect(self, request: HttpRequest, process: str, **kwargs: Any) -> HttpResponse:
        """Off to the provider, with a nonce that is kept beside the state."""
        nonce = new_token(256)
        kwargs["auth_params"] = {**(kwargs.get("auth_params") or {}), "nonce": nonce}
        answer: HttpResponse = super().redirect(request, process, nonce=nonce, **kwargs)
        return answer

    def extract_uid(self, data: dict[str, Any]) -> str:
        """The subject, under its issuer: another provider's subject of the same spelling is somebody else."""
        issuer = hashlib.sha256(data["id_token"]["iss"].encode()).hexdigest()[:16]
        subject = str(data["id_token"]["sub"])
        if len(subject) > _LONGEST_SUBJECT:
            subject = "sha256-" + hashlib.sha256(subject.encode()).hexdigest()
        return f"{issuer}:{subject}"

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """No more than is used here."""
        return {"name": _text(data, "preferred_username"), "factor": _has_factor(data["id_token"])}

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        """None: accounts are made by the domain."""
        return {}

    def extract_email_addresses(self, data: dict[str, Any]) -> list[Any]:
        """None: an address is no way in."""
        return []

    def sociallogin_from_response(self, request: HttpRequest, response: dict[str, Any]) -> SocialLogin:
        """With the person as the domain knows them."""
        login = super().sociallogin_from_response(request, response)
        login.person = Outsider(
            source=SOURCE,
            subject=login.account.uid,
            username=_text(response, "preferred_username") or _text(response, "name"),
            full_name=_text(response, "name"),
            mail=_text(response, "email"),
            groups=_groups(response),
            factor=_has_factor(response["id_token"]),
        )
        return login


def _text(data: dict[str, Any], claim: str) -> str:
    found = data["id_token"].get(claim) or data.get("userinfo", {}).get(claim)
    return found[:200] if isinstance(found, str) else ""


def _groups(data: dict[str, Any]) -> frozenset[str]:
    """The claim of VIGIL_OIDC_ROLES_CLAIM: a list or one name, from the ID token, else from UserInfo.

    A dotted path leads into objects (`realm_access.roles`).
    """
    for claims in (data["id_token"], data.get("userinfo", {})):
        name = _told().roles_claim
        found: Any = claims.get(name)
        if found is None:
            found = claims
            for step in name.split("."):
                found = found.get(step) if isinstance(found, dict) else None
        if isinstance(found, str):
            return frozenset({found})
        if isinstance(found, list):
            return frozenset(one for one in found if isinstance(one, str))
    return frozenset()


def _has_factor(claims: dict[str, Any]) -> bool:
    told = claims.get("amr")
    values = {one for one in told if isinstance(one, str)} if isinstance(told, list) else set()
    return bool((values | {claims.get("acr")}) & _told().trust_mfa)


class OidcAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """The provider of the settings and no other; accounts are found and made by the domain."""

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """What VIGIL_OIDC_URL names, or nothing."""
        told = settings.VIGIL_OIDC
        if told is None or provider not in (None, SOURCE, "openid_connect") or client_id not in (None, told.client_id):
            return []
        return [
            SocialApp(
                provider="openid_connect",
                provider_id=SOURCE,
                name=told.name,
                client_id=told.client_id,
                secret=told.client_secret,
                settings={"server_url": told.issuer.rstrip("/"), "oauth_pkce_enabled": True},
            )
        ]

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> _Provider:
        """The one that is configured."""
        return _Provider(request, app=self.get_app(request, provider=provider, client_id=client_id))

    def get_requests_session(self) -> requests.Session:
        """With the certificate authority of VIGIL_OIDC_CA, if there is one."""
        session: requests.Session = super().get_requests_session()
        if _told().ca:
            session.verify = str(_told().ca)
        return session

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """The provider confirmed somebody: their account is found or made, and has the roles of their groups."""
        if sociallogin.state.get("process") != AuthProcess.LOGIN:
            raise _refused("nothing but signing in was asked for")
        user = admit(person=sociallogin.person, rules=_told().rules, actor=worker(SOURCE), now=clock.now())
        if sociallogin.user != user:
            sociallogin.user = user
            sociallogin.account = SocialAccount.objects.get(user=user, provider=SOURCE, uid=sociallogin.person.subject)
        request.provider_factor = sociallogin.person.factor  # type: ignore[attr-defined]

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """Say plainly what went wrong; allauth's own pages are not used."""
        if error == AuthError.CANCELLED:
            wording = N_("The sign-in was broken off at {name}.")
            told: VigilError = NotAllowed("oidc.cancelled", wording, name=provider.name)
        elif isinstance(exception, requests.RequestException):
            told = _unavailable(type(exception).__name__)
        else:
            told = _refused(type(exception).__name__ if exception else "state, code or the provider's own error")
        raise ImmediateHttpResponse(problem_response(request, told))


class _Callback(OAuth2CallbackView):  # type: ignore[misc]  # allauth ships no types
    """Back from the provider."""

    def _get_state(self, request: HttpRequest, provider: _Provider) -> Any:
        state, answer = super()._get_state(request, provider)
        self.adapter.nonce = str((state or {}).get("nonce", ""))
        return state, answer


def _configured(provider_id: str) -> None:
    if settings.VIGIL_OIDC is None or provider_id != SOURCE:
        raise Http404


@never_cache
@require_POST
def leave(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Off to the provider, by a page of ours: the policy of forms does not let a form lead elsewhere."""
    _configured(provider_id)
    provider = OidcAdapter(request).get_provider(request, SOURCE)
    answer = provider.redirect(request, AuthProcess.LOGIN, next_url=get_next_redirect_url(request))
    if answer.status_code != 302:
        return answer
    return render(request, "accounts/leaving.html", {"target": answer.headers["Location"], "name": provider.name})


@never_cache
@require_GET
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Back from the provider."""
    _configured(provider_id)
    answer: HttpResponse = _Callback.adapter_view(_Talk(request, SOURCE))(request)
    return answer
