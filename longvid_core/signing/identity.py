"""Who signs: the certificate that is named, else the settings', else the user's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BadInput
from .authority import CERT, KEY, signing_folder
from .keys import Identity, load_identity

if TYPE_CHECKING:
    from ..settings import Settings


def identity_of(settings: Settings, *, cert: Path | None = None, key: Path | None = None, folder: Path | None = None) -> Identity:
    """The identity of `cert` and `key`, else of what `longvid sign --init` left in `folder`, else as the settings say.

    BadInput where there is none, or a key without its certificate; the rest as in `load_identity`.
    """
    if key is not None and cert is None:
        raise BadInput("--key needs the certificate it belongs to.", "Add --cert PEM.")
    if cert is None and folder is None:
        cert, key = settings.signing.cert, settings.signing.key
    if cert is None:
        own = folder or settings.signing.folder or signing_folder()
        if not (own / CERT).is_file():
            raise BadInput(
                f"there is no certificate in {own}.",
                "Make one of your own (longvid sign --init), or name one: --cert PEM --key PEM",
            )
        cert, key = own / CERT, own / KEY
    return load_identity(cert, key, passphrase_of(settings))


def passphrase_of(settings: Settings) -> str | None:
    """The passphrase of the key; None where there is none."""
    secret = settings.signing.passphrase
    return secret.get_secret_value() if secret is not None else None
