"""Settings. What an operator may set is read from the environment; docs/reference/settings.md lists it."""

import os
import secrets
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

import vigil
from vigil.kernel.files import place_new_file
from vigil.project import given, sign_in

PACKAGE = Path(vigil.__file__).resolve().parent
CHECKOUT = PACKAGE.parents[1]
VIGIL_DATA = Path(given.text("VIGIL_DATA", "var")).resolve()
VIGIL_PORT = given.port("VIGIL_PORT", 8000, least=1)
VIGIL_KEYS = VIGIL_DATA / "keys"
VIGIL_JOURNAL = VIGIL_DATA / "journal"
VIGIL_ORIGINALS = VIGIL_DATA / "originals"
VIGIL_BASE_URL = given.text("VIGIL_BASE_URL", f"http://localhost:{VIGIL_PORT}").rstrip("/")
VIGIL_TRUST_ANCHORS = given.path("VIGIL_TRUST_ANCHORS")
VIGIL_SMTP_URL = given.text("VIGIL_SMTP_URL")
VIGIL_IMAP_URL = given.text("VIGIL_IMAP_URL")
VIGIL_MAILBOX_ORGANISATION = given.text("VIGIL_MAILBOX_ORGANISATION")
VIGIL_MAIL_FROM = given.text("VIGIL_MAIL_FROM", "vigil@localhost")

VIGIL_PROVERS = [
    "vigil.domain.organisations.proofs.ContactPointProver",
    "vigil.domain.estate.proofs.ImportantSystemsProver",
    "vigil.domain.exchange.proofs.ConnectionProver",
    "vigil.domain.duty.proofs.DutyProver",
    "vigil.domain.duty.proofs.ProviderProver",
    "vigil.domain.detection.proofs.DetectionProver",
]
VIGIL_OPEN_ITEMS = [
    "vigil.domain.organisations.open_items.ContactOpenItems",
    "vigil.domain.directives.open_items.DirectiveOpenItems",
    "vigil.domain.exchange.open_items.LinkOpenItems",
    "vigil.domain.readiness.open_items.ProofOpenItems",
    "vigil.domain.paging.open_items.PagingOpenItems",
    "vigil.domain.duty.open_items.DutyOpenItems",
    "vigil.domain.detection.open_items.DetectionOpenItems",
]
VIGIL_EXCHANGE_RECEIVER = "vigil.domain.flows.arrivals.ArrivalReceiver"
VIGIL_EXCHANGE_CA = given.path("VIGIL_EXCHANGE_CA")
VIGIL_HEARTBEAT_S = given.seconds("VIGIL_HEARTBEAT_S", 15, least=1.0)
VIGIL_SHARE_WITHIN_S = given.seconds("VIGIL_SHARE_WITHIN_S", 300, least=1.0)

# Detection: where events come in, as sources are told to send them, and whose those of unknown senders are.
VIGIL_RECEIVER_HOST = given.text("VIGIL_RECEIVER_HOST", "127.0.0.1")
VIGIL_SYSLOG_PORT = given.port("VIGIL_SYSLOG_PORT", 5514)
VIGIL_SYSLOG_TLS_PORT = given.port("VIGIL_SYSLOG_TLS_PORT", 0)
VIGIL_EVENTS_HTTP_PORT = given.port("VIGIL_EVENTS_HTTP_PORT", 5580)
VIGIL_EVENTS_HTTPS_PORT = given.port("VIGIL_EVENTS_HTTPS_PORT", 0)
VIGIL_RECEIVER_CERTIFICATE = given.path("VIGIL_RECEIVER_CERTIFICATE")
VIGIL_RECEIVER_KEY = given.path("VIGIL_RECEIVER_KEY")
VIGIL_RECEIVER_CLIENTS_CA = given.path("VIGIL_RECEIVER_CLIENTS_CA")
VIGIL_EVENTS_ORGANISATION = given.text("VIGIL_EVENTS_ORGANISATION")
VIGIL_SPOOL = VIGIL_DATA / "spool"
VIGIL_SPOOL_FREE_MB = given.whole("VIGIL_SPOOL_FREE_MB", 1024)
VIGIL_EVENTS = VIGIL_DATA / "events"
VIGIL_EVENTS_KEEP_DAYS = given.whole("VIGIL_EVENTS_KEEP_DAYS", 90, least=1)
VIGIL_LOG_FOLDERS, VIGIL_LOG_FOLDER_OWNERS = given.folders("VIGIL_LOG_FOLDERS", "/var/log")
VIGIL_DETECTORS = given.whole("VIGIL_DETECTORS", 1, least=1, most=32)
VIGIL_WORKERS = [
    "timekeeper", "courier", "campaigner", "liaison", "postman", "pager", "watchman", "sentinel", "receiver", "tailer",
    "hunter",
    *(f"detector-{n}" if n > 1 else "detector" for n in range(1, VIGIL_DETECTORS + 1)),
]  # fmt: skip

# Paging: who is on call is told by the class that VIGIL_ON_CALL names (kernel/on_call.py); "" while no room knows.
VIGIL_ON_CALL = "vigil.domain.duty.on_call.RosterOnCall"
VIGIL_CHANNELS = given.path("VIGIL_CHANNELS") or VIGIL_DATA / "channels.toml"
VIGIL_CHANNEL_SCHEMES = given.text("VIGIL_CHANNEL_SCHEMES")
VIGIL_OUTBOX_LEASE_S = given.seconds("VIGIL_OUTBOX_LEASE_S", 120, least=2.0)
VIGIL_DEADMAN_URL = given.text("VIGIL_DEADMAN_URL")
VIGIL_DEADMAN_S = given.seconds("VIGIL_DEADMAN_S", 60, least=1.0)


def _secret_key() -> str:
    """From VIGIL_SECRET_KEY, else made once and kept in the data folder, readable by its owner alone."""
    if key := given.text("VIGIL_SECRET_KEY"):
        return key
    path = VIGIL_KEYS / "django.secret"
    if not path.exists():
        for folder in (VIGIL_DATA, VIGIL_KEYS):  # each by itself: `parents=True` would leave the upper one open to all
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        place_new_file(path, secrets.token_urlsafe(48).encode("ascii"))
    return path.read_text(encoding="ascii")


def _database(url: str) -> dict[str, object]:
    """A Django database from `postgresql://user:password@host:port/name?option=value`; empty: SQLite in VIGIL_DATA."""
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": VIGIL_DATA / "vigil.sqlite3",
            "TEST": {"NAME": VIGIL_DATA / "test.sqlite3"},
            "CONN_MAX_AGE": 60,
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
            },
        }
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ImproperlyConfigured("VIGIL_DATABASE_URL must begin with postgresql://")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": dict(parse_qsl(parts.query)),
    }


SECRET_KEY = _secret_key()
os.umask(0o077)  # the database, its copies and the originals are for their owner alone
DEBUG = given.truth("VIGIL_DEBUG")
ALLOWED_HOSTS = [
    host.strip() for host in given.text("VIGIL_HOSTS", "localhost,127.0.0.1,[::1]").split(",") if host.strip()
]
CSRF_TRUSTED_ORIGINS = [VIGIL_BASE_URL] if VIGIL_BASE_URL.startswith("https://") else []

INSTALLED_APPS = [
    "vigil.domain.journal",
    "vigil.domain.outbox",
    "vigil.domain.vitals",
    "vigil.domain.organisations",
    "vigil.domain.accounts",
    "vigil.domain.paging",
    "vigil.domain.regimes",
    "vigil.domain.estate",
    "vigil.domain.directives",
    "vigil.domain.duty",
    "vigil.domain.detection",
    "vigil.domain.mailbox",
    "vigil.domain.exchange",
    "vigil.domain.readiness",
    "vigil.domain.changes",
    "vigil.faces.web",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.usersessions",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "axes",
    "csp",
    "django_filters",
    "django_htmx",
    "django_tables2",
    "rules",
    "template_partials",
]

MIDDLEWARE = [
    "vigil.faces.taxii.shortcut.TaxiiShortcut",
    "vigil.faces.api.shortcut.ApiShortcut",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "vigil.faces.web.shell.language.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
    "vigil.faces.web.accounts.sessions.SessionSeen",
    "vigil.faces.web.accounts.factor_demand.SecondFactorDemand",
    "vigil.faces.web.problems.ProblemMiddleware",
]

ROOT_URLCONF = "vigil.project.urls"
WSGI_APPLICATION = "vigil.project.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [*sorted((PACKAGE / "faces" / "web").glob("*/templates")), PACKAGE / "faces" / "api" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "vigil.faces.web.shell.shell",
            ],
        },
    }
]

DATABASES = {"default": _database(given.text("VIGIL_DATABASE_URL"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "rules.permissions.ObjectPermissionBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
    "vigil.faces.web.accounts.directory.DirectoryBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "vigil.faces.web.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "vigil.faces.web.accounts.forms.LoginForm",
    "reauthenticate": "vigil.faces.web.accounts.forms.AgainForm",
}
ACCOUNT_RATE_LIMITS = {"login_failed": None}  # django-axes locks out instead
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "/"

# Second factors, OpenID Connect, LDAP: what the operator said is in sign_in.py.
VIGIL_MFA_ROLES = sign_in.MFA_ROLES
VIGIL_OIDC = sign_in.OIDC
VIGIL_LDAP = sign_in.LDAP
VIGIL_LDAP_RULES = sign_in.LDAP_RULES
MFA_ADAPTER = "vigil.faces.web.accounts.adapter.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not VIGIL_BASE_URL.startswith("https://")
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Vigil"
MFA_TOTP_TOLERANCE = 1  # each code is good once: domain/accounts/second_factor.py
MFA_FORMS = {
    "authenticate": "vigil.faces.web.accounts.factor_forms.SignInCode",
    "reauthenticate": "vigil.faces.web.accounts.factor_forms.AgainCode",
    "authenticate_webauthn": "vigil.faces.web.accounts.factor_forms.SignInKey",
    "reauthenticate_webauthn": "vigil.faces.web.accounts.factor_forms.AgainKey",
    "login_webauthn": "vigil.faces.web.accounts.factor_forms.AloneKey",
    "activate_totp": "vigil.faces.web.accounts.factor_forms.SetUpApp",
    "add_webauthn": "vigil.faces.web.accounts.factor_forms.AddKey",
}
SOCIALACCOUNT_ADAPTER = "vigil.faces.web.accounts.oidc.OidcAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # an account is found by the provider's subject alone
SOCIALACCOUNT_STORE_TOKENS = False

AXES_FAILURE_LIMIT = given.whole("VIGIL_LOCKOUT_FAILURES", 5, least=1)
AXES_COOLOFF_TIME = given.seconds("VIGIL_LOCKOUT_HOURS", 0.25, least=0.0)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "vigil.faces.web.accounts.lockout.address_of"
AXES_USERNAME_CALLABLE = "vigil.faces.web.accounts.lockout.username_of"
AXES_ENABLE_ADMIN = False
AXES_LOCKOUT_CALLABLE = "vigil.faces.web.accounts.lockout.locked_out"

LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
LOCALE_PATHS = [PACKAGE / "locale"]
LANGUAGE_COOKIE_NAME = "vigil_language"
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = ["vigil.project.formats"]

STATIC_URL = "/static/"
STATIC_ROOT = VIGIL_DATA / "static"
VIGIL_NODE_MODULES = CHECKOUT / "node_modules"
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "vigil.faces.web.static_files.KeptLibraryFinder",
]
VIGIL_ICONS = VIGIL_NODE_MODULES / "@tabler" / "icons" / "icons"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = VIGIL_BASE_URL.startswith("https://")
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "vigil.faces.web.problems.stale_form"
VIGIL_BEHIND_PROXY = given.truth("VIGIL_BEHIND_PROXY")
if VIGIL_BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31536000 if VIGIL_BASE_URL.startswith("https://") else 0
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

# An upload is held in memory, never in a temporary file: a secret document must leave no trace on the disk.
FILE_UPLOAD_HANDLERS = ["vigil.faces.web.uploads.BoundedMemoryUploadHandler"]
VIGIL_UPLOAD_BYTES = given.whole("VIGIL_UPLOAD_BYTES", 50_000_000, most=50_000_000)
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024**2
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

DJANGO_TABLES2_TEMPLATE = "parts/table.html"

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"without_keys": {"()": "vigil.project.redaction.WithoutKeys"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["without_keys"]}},
    "root": {"handlers": ["console"], "level": given.one_of("VIGIL_LOG_LEVEL", "INFO", LOG_LEVELS)},
    "loggers": {"axes": {"level": "WARNING"}, "httpx": {"level": "WARNING"}, "django.request": {"level": "ERROR"}},
}
