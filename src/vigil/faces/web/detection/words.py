"""Finding what is shown in the reader's language: the titles of the rules that Vigil ships are kept in English."""

import re

from django.utils.translation import gettext

from vigil.adapters.sigma_rules.shipped import shipped_words
from vigil.faces.web.lists.finding import pattern


def shipped_named(query: str) -> list[str]:
    """The ids of shipped rules whose title, as the reader reads it, has every word."""
    words = [re.compile(pattern(word)) for word in query[:100].split()[:6]]
    return [
        uid for uid, said in shipped_words().items() if words and all(one.search(gettext(said.title)) for one in words)
    ]
