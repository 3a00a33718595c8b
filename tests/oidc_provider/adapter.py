"""What the provider says of people."""

from typing import Any

from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from django.contrib.auth import get_user_model

from tests.oidc_provider.process import SAID


class Adapter(DefaultOIDCAdapter):
    """As a test set it."""

    def get_claims(self, purpose: str, user: Any, client: Any, scopes: Any, **more: Any) -> dict[str, Any]:
        said = SAID.get(user.username, {})
        common = {key: value for key, value in said.items() if key not in ("id_token", "userinfo")}
        return {**super().get_claims(purpose, user, client, scopes, **more), **common, **said.get(purpose, {})}

    def get_user_by_sub(self, client: Any, sub: str) -> Any:
        return super().get_user_by_sub(client, sub) or get_user_model().objects.first()
