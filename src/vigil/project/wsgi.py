"""What granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from vigil.adapters.host.lifeline import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vigil.project.settings")
if os.environ.get("SERVED_BY") == "vigil serve":
    die_with_parent()  # a killed server must not leave a half of itself behind that still answers
application = get_wsgi_application()
