"""What granian serves."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from vigil.adapters.host.lifeline import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vigil.project.settings")
if os.environ.get("SERVED_BY") == "vigil serve":
    die_with_parent()  # a killed server must not leave a half of itself behind that still answers
application = get_wsgi_application()
get_resolver().url_patterns  # noqa: B018 - loads every page's code
gc.collect()
gc.freeze()  # what was loaded lives as long as the process: no collection in the middle of a page has to walk over it
