"""Is this a Vietnamese syllable? The measure by which an encoding is chosen.

Vietnamese is written syllable by syllable, and the syllables are few: an onset out of 28, a rime out of
about 160, one tone. Text decoded with the wrong table breaks these rules in nearly every marked word.
"""

import re
import unicodedata
from functools import lru_cache

_TONES = re.compile("[\u0300\u0301\u0303\u0309\u0323]")
_ONSETS = "ngh ch gh gi kh nh ng ph qu th tr b c d đ g h k l m n p r s t v x"  # longest first
_OPEN = (
    "a e ê i o ô ơ u ư y ia ua ưa ai ao au ay âu ây eo êu iu iêu oi ôi ơi ui uôi ưi ươi ươu ưu oa oe oai oao "
    "oay oeo ua uâ uây uê uơ uy uya uyu yêu iê uô ươ uê ue ya"
)
_NASAL = (
    "am ăm âm em êm im om ôm ơm um ưm iêm uôm ươm yêm oam oăm uym "
    "an ăn ân en ên in on ôn ơn un ưn iên uôn ươn yên oan oăn oen uân uyên uyn "
    "ang ăng âng eng êng ong ông ơng ung ưng iêng uông ương yêng oang oăng oong ôông uâng uyng "
    "anh ênh inh ynh oanh uênh uynh"
)
_STOPPED = (
    "ap ăp âp ep êp ip op ôp ơp up ưp iêp ươp oap oăp uyp uâp "
    "at ăt ât et êt it ot ôt ơt ut ưt iêt uôt ươt yêt oat oăt oet uât uyêt uyt "
    "ac ăc âc ec oc ôc uc ưc iêc uôc ươc yêc oac oăc ooc ôôc "
    "ach êch ich ych oach uêch uych"
)
_FREE_RIMES = frozenset(f"{_OPEN} {_NASAL}".split())
_STOPPED_RIMES = frozenset(_STOPPED.split())


@lru_cache(maxsize=65_536)
def is_syllable(word: str) -> bool:
    """Whether `word` (letters only, NFC, any case) can be a Vietnamese syllable with its tone."""
    bare = unicodedata.normalize("NFD", word.lower())
    tones = _TONES.findall(bare)
    if len(tones) > 1:
        return False
    toneless = unicodedata.normalize("NFC", _TONES.sub("", bare))
    stop_tone = bool(tones) and tones[0] in "\u0301\u0323"
    return any(_rime_holds(rime, stop_tone=stop_tone) for rime in _rimes_of(toneless))


def _rimes_of(toneless: str) -> list[str]:
    rimes = [toneless]
    for onset in _ONSETS.split():
        if toneless.startswith(onset):
            rest = toneless[len(onset) :]
            rimes.append(rest)
            if onset == "gi":
                rimes += ["i" + rest]
            if onset == "qu":
                rimes += ["u" + rest]
    return rimes


def _rime_holds(rime: str, *, stop_tone: bool) -> bool:
    return rime in _FREE_RIMES or (rime in _STOPPED_RIMES and stop_tone)


_WORDS = re.compile(
    r"[^\W\d_]+(?:[^\x00-\x7f\s\u2010-\u201f\u2026\u00a0][^\W\d_]*)*|[^\x00-\x7f\s\u2010-\u201f\u2026\u00a0]+"
)


_VOWELS = re.compile("[^BCDFGHJKLMNPQRSTVWXZĐ]")


def plausibility(text: str) -> tuple[int, int]:
    """(valid, invalid): marked words of `text` that are Vietnamese syllables, and those that are not.

    Only words with a character outside ASCII count: the others look the same in every encoding.
    """
    valid = invalid = 0
    for word in _WORDS.findall(text):
        if word.isascii() or (word.isupper() and not _VOWELS.search(word)):
            continue  # plain, or an abbreviation such as "QĐ"
        if is_syllable(word):
            valid += 1
        else:
            invalid += 1
    return valid, invalid
