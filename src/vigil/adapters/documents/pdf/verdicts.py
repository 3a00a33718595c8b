"""What is said about a signature: broken, changed and not trusted are three different things."""

from typing import Literal

from vigil.kernel.phrases import N_, Phrase, phrase

State = Literal["intact", "changed after signing", "broken", "unreadable"]
Trust = Literal["trusted", "not trusted", "no anchors", "not checked"]

_WORDINGS: dict[tuple[State, Trust], str] = {
    ("intact", "trusted"): N_("Signed by {signer}: intact, and the certificate is trusted."),
    ("intact", "not trusted"): N_("Signed by {signer}: intact, but the certificate leads to none of the trusted ones."),
    ("intact", "no anchors"): N_(
        "Signed by {signer}: intact; who that is was not checked, because no trusted certificates are set up."
    ),
    ("changed after signing", "trusted"): N_("Signed by {signer} (trusted), but the file was CHANGED after signing."),
    ("changed after signing", "not trusted"): N_(
        "Signed by {signer} (not trusted), and the file was CHANGED after signing."
    ),
    ("changed after signing", "no anchors"): N_("Signed by {signer}, but the file was CHANGED after signing."),
}
_BROKEN = N_("The signature of {signer} is BROKEN: the content is not what was signed.")
_UNREADABLE = N_("The signature of {signer} cannot be checked: it is not well formed.")
_SOMEBODY = N_("an unnamed signer")


def said(state: State, trust: Trust, signer: str | None) -> Phrase:
    """One sentence on a signature."""
    otherwise = _UNREADABLE if state == "unreadable" else _BROKEN
    return phrase(_WORDINGS.get((state, trust), otherwise), signer=signer or phrase(_SOMEBODY))


def warning(state: State) -> Phrase | None:
    """What must be said beside the text, if anything."""
    if state == "broken":
        return phrase(N_("A signature of the file is BROKEN."))
    if state == "changed after signing":
        return phrase(N_("The file was changed after it was signed."))
    return phrase(N_("A signature of the file cannot be checked.")) if state == "unreadable" else None
