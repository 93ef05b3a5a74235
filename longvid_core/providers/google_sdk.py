"""Google's SDK: the two ways in, what each needs, and its errors as faults."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from pydantic import SecretStr

from ..errors import BadInput, LongvidError, MissingTool
from ..secrets import KEYS, SITES, hidden, key_of
from .download import tls
from .faults import Moderated, Refused, Transient, fault_of

if TYPE_CHECKING:
    from ..settings import Settings
    from .spool import Call

NAME = "Google"
KEY = KEYS["google"]
VERTEX, INTERACTIONS = "vertex", "interactions"
"""As the catalog calls the interfaces."""

_OTHER_KEY = "GEMINI_API_KEY"
_PROJECT, _LOCATION = "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION"
_CREDENTIALS = "the application default credentials"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_STORAGE = "https://storage.googleapis.com"
_OPERATION = re.compile(r"projects/[^/]+/locations/(?P<location>[^/]+)/")
_HOW_TO_SIGN_IN = "Sign in with `gcloud auth application-default login`, or let GOOGLE_APPLICATION_CREDENTIALS name a key file."
_FORBIDDEN = re.compile(
    r"usage guidelines|responsible ai|support codes?:|safety|content polic|usage polic|sensitive words|prohibited", re.IGNORECASE
)


def moderates(message: str) -> bool:
    """Whether a refusal is about what the prompt or the pictures show."""
    return _FORBIDDEN.search(message) is not None


def sdk() -> Any:
    """The package. MissingTool where it is not there, or too old, or this Python is."""
    try:
        import google.genai
    except ImportError as error:
        raise _missing(f"which is not installed ({error})") from error
    version = google.genai.__version__
    if int(version.split(".")[0]) < 3:
        raise _missing(f"of version 3 or newer, and {version} is installed")
    return google.genai


def _missing(what: str) -> MissingTool:
    install = 'Install it: pip install "longvid[google]"'
    if sys.version_info < (3, 11):
        here = ".".join(map(str, sys.version_info[:2]))
        install = f"It needs Python 3.11 or newer, and this is {here}: install Longvid in a newer one, or use another provider."
    return MissingTool(f"{NAME} needs the package google-genai, {what}.", install)


class Access:
    """What one run has to get in with: clients of the SDK, made when they are first needed, and what must not be told."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._clients: dict[tuple[str, ...], Any] = {}
        self._credentials: Any = None
        self._lock = threading.Lock()

    def ready(self) -> None:
        """MissingTool without the SDK, BadInput without a way in."""
        sdk()
        if self._key(INTERACTIONS) is not None:
            return
        if not (os.environ.get(_PROJECT) and os.environ.get(_LOCATION)):
            raise BadInput(f"{NAME} needs a key, and there is none.", *self._ways(VERTEX), *self._ways(INTERACTIONS))
        self._signed_in()

    async def client(self, interface: str, job: str | None = None) -> Any:
        """The asynchronous client of an interface. `job`: the id of one it is to ask for: its region is where it was submitted.

        BadInput where what it takes is not there.
        """
        return (await asyncio.to_thread(self._client, interface, job)).aio

    def _client(self, interface: str, job: str | None) -> Any:
        genai = sdk()
        with self._lock:
            wanted = self._wanted(interface, job)
            if wanted not in self._clients:
                if interface == INTERACTIONS:  # its types take seconds to load, which should not pass in the event loop
                    importlib.import_module("google.genai.interactions")
                self._clients[wanted] = genai.Client(**self._options(genai, interface, wanted))
            return self._clients[wanted]

    def _wanted(self, interface: str, job: str | None) -> tuple[str, ...]:
        """Which client: (interface,) with a key, (interface, project, location) with credentials."""
        project, location = os.environ.get(_PROJECT, "").strip(), os.environ.get(_LOCATION, "").strip()
        if interface == VERTEX and project and location:
            found = _OPERATION.match(job or "")
            return interface, project, found["location"] if found else location
        if self._key(interface) is None:
            what = "Veo" if interface == VERTEX else "Gemini Omni"
            raise BadInput(f"{NAME} needs a key for {what}, and there is none.", *self._ways(interface))
        return (interface,)

    def _options(self, genai: Any, interface: str, wanted: tuple[str, ...]) -> dict[str, Any]:
        from . import spool

        timeout_s = self._settings.remote.timeout_s
        http = genai.types.HttpOptions(
            timeout=round(timeout_s * 1000),
            # without this the SDK repeats calls by itself, creates too
            retry_options=genai.types.HttpRetryOptions(attempts=1),
            httpx_async_client=spool.client(timeout_s, tls()),
        )
        # base URLs: the SDK reads its own variables
        options = {"enterprise": interface == VERTEX, "http_options": http}
        if len(wanted) > 1:
            return {**options, "credentials": self._signed_in(), "project": wanted[1], "location": wanted[2]}
        key = self._key(interface)
        assert key is not None
        secret = key.get_secret_value()
        if not (secret.isascii() and secret.isprintable()):
            raise BadInput(f"the key for {NAME} holds a line break or another character that no key has.", *self._ways(interface))
        return {**options, "api_key": secret}

    def _key(self, interface: str) -> SecretStr | None:
        """GOOGLE_API_KEY, else (not for Vertex) GEMINI_API_KEY, else longvid.yaml's."""
        if os.environ.get(KEY, "").strip() or interface == VERTEX:
            return key_of("google", self._settings)
        other = os.environ.get(_OTHER_KEY, "").strip()
        return SecretStr(other) if other else key_of("google", self._settings)

    @staticmethod
    def _ways(interface: str) -> tuple[str, ...]:
        """What to do, in words, for whoever has no way in."""
        made = f"It is made at {SITES['google']}."
        if interface == INTERACTIONS:
            return (f"For Gemini Omni set {KEY} or {_OTHER_KEY}, or keys.google in longvid.yaml. {made}",)
        return (
            f"For Veo, which is on Vertex AI, set {KEY} (express mode), or keys.google in longvid.yaml. {made}",
            f"Or set {_PROJECT} and {_LOCATION} (us-central1, say). {_HOW_TO_SIGN_IN}",
        )

    def _signed_in(self) -> Any:
        """The application default credentials. BadInput where there are none."""
        if self._credentials is None:
            import google.auth
            from google.auth.exceptions import GoogleAuthError

            try:
                self._credentials = google.auth.default(scopes=[_SCOPE])[0]
            except GoogleAuthError as error:
                said = " ".join(str(error).split())
                raise BadInput(f"{_PROJECT} is set, but {NAME} knows nobody here: {said}", _HOW_TO_SIGN_IN) from None
        return self._credentials

    # -- clips that are kept somewhere ---------------------------------------------------------------------------------------

    async def address(self, uri: str) -> tuple[str, dict[str, str]]:
        """Where a clip is to be fetched, and the headers for that host: no other host is told a key."""
        if uri.startswith("gs://"):
            return await asyncio.to_thread(self._in_bucket, uri)
        url = urlsplit(uri)
        files = await self.client(INTERACTIONS)
        own = urlsplit(str(files._api_client._http_options.base_url))
        if (url.scheme, url.netloc) != (own.scheme, own.netloc):
            return uri, {}
        if "/files/" in url.path and ":download" not in url.path:
            uri = url._replace(path=f"{url.path}:download", query="alt=media").geturl()
        key = self._key(INTERACTIONS)
        return uri, {"x-goog-api-key": key.get_secret_value()} if key is not None else {}

    def _in_bucket(self, uri: str) -> tuple[str, dict[str, str]]:
        bucket, _, name = uri.removeprefix("gs://").partition("/")
        where = os.environ.get("STORAGE_EMULATOR_HOST", "").strip().rstrip("/") or _STORAGE
        where = where if "://" in where else f"http://{where}"
        with self._lock:
            credentials = self._signed_in()
        if not credentials.valid:
            from google.auth.transport.requests import Request

            credentials.refresh(Request())
        headers = {"authorization": f"Bearer {credentials.token}"}
        if credentials.quota_project_id:
            headers["x-goog-user-project"] = credentials.quota_project_id
        return f"{where}/storage/v1/b/{quote(bucket, safe='')}/o/{quote(name, safe='')}?alt=media", headers

    # -- errors --------------------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def calling(
        self, *, buys: bool = False, folder: Path | None = None, keys: tuple[str, ...] = ("bytesBase64Encoded", "data")
    ) -> Iterator[Call]:
        """One call in this block; its errors become faults, without keys.

        buys: it creates a job, so that an answer that is missing or makes no sense leaves open whether there is one.
        folder: where clips in its answer go.
        """
        from . import spool

        call = spool.Call(folder, keys)
        try:
            with spool.calling(call):
                yield call
        except LongvidError:
            call.drop()
            raise
        except Exception as error:
            call.drop()
            fault = self._fault(error, call, buys)
            if isinstance(fault, Transient) and not buys:
                fault.sent = False
            raise fault from None

    def _fault(self, error: Exception, call: Call, buys: bool) -> LongvidError:
        import httpx
        from google.auth.exceptions import GoogleAuthError, TransportError

        status = _status(error)
        if status is not None and status >= 400:
            return self._refusal(error, status, buys)
        cause: BaseException = error
        while not isinstance(cause, httpx.TransportError) and cause.__cause__ is not None:
            cause = cause.__cause__
        never = isinstance(cause, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError)
        if isinstance(cause, httpx.UnsupportedProtocol):
            return Refused(f"{NAME} cannot be asked: {self._hidden(str(cause))}", "Check the base URL in the environment.")
        if isinstance(cause, httpx.TimeoutException):
            return Transient(f"{NAME} did not answer in time.", "Try again later, or raise remote.timeout_s.", sent=not never)
        if isinstance(cause, httpx.TransportError):
            what = "cannot be reached" if never else "broke the connection off"
            return Transient(
                f"{NAME} {what}: {self._hidden(str(cause) or type(cause).__name__)}.", "Check the network.", sent=not never
            )
        if isinstance(error, TransportError):
            return Transient(f"{NAME} cannot be asked who you are: {self._hidden(str(error))}.", "Check the network.")
        if isinstance(error, GoogleAuthError):
            said = self._hidden(" ".join(str(error).split()))
            return Refused(f"{NAME} does not take {_CREDENTIALS}: {said}", _HOW_TO_SIGN_IN, everything=True)
        said = self._hidden(f"{type(error).__name__}: {error}")
        if call.sent:
            return Transient(f"{NAME}'s answer cannot be read: {said}", "Check the base URL in the environment.", sent=True)
        return Refused(f"{NAME} cannot be asked: {said}")

    def _refusal(self, error: Any, status: int, buys: bool) -> LongvidError:
        """The fault behind an error that was answered as such."""
        inner = _inner(getattr(error, "body", None) or getattr(error, "details", None))
        message = self._hidden(str(inner.get("message") or ""))
        code = str(inner.get("status") or inner.get("code") or "")
        if status in (400, 422) and moderates(message):
            return Moderated(f"{NAME} will not render this: {message}", "Use other words.", reason=message)
        headers = getattr(getattr(error, "response", None), "headers", None) or {}
        fault = fault_of(NAME, status, message, headers, key=f"{KEY} or {_CREDENTIALS}")
        details = [d for d in inner.get("details") or [] if isinstance(d, Mapping)]
        if isinstance(fault, Transient) and fault.retry_after is None:
            fault.retry_after = next(filter(None, (_seconds(d.get("retryDelay")) for d in details)), None)
        if isinstance(fault, Refused) and not fault.everything and status == 400:
            bad_key = any(d.get("reason") == "API_KEY_INVALID" for d in details) or "api key not valid" in message.lower()
            if bad_key or (buys and code.upper() == "FAILED_PRECONDITION"):  # no billing, or not in this country
                return Refused(fault.what, f"Check {KEY} and the account behind it.", everything=True)
        return fault

    def _hidden(self, text: str) -> str:
        token = getattr(self._credentials, "token", None)
        keys = [self._key(VERTEX), self._key(INTERACTIONS), SecretStr(token) if token else None]
        return " ".join(hidden(text, *keys).split())[:600]

    def told(self, text: Any) -> str:
        """Words of Google's, without keys, short enough to be shown."""
        return self._hidden(str(text or ""))


def _status(error: Any) -> int | None:
    """The HTTP status an error of either half of the SDK is about."""
    for name in ("status_code", "code"):
        value = getattr(error, name, None)
        if isinstance(value, int):
            return value
    return None


def _inner(body: Any) -> Mapping[str, Any]:
    """What an error's body says: `{"error": {"code", "message", "status", "details"}}`, or that without its wrapping."""
    if not isinstance(body, Mapping):
        return {"message": body} if isinstance(body, str) else {}
    inner = body.get("error", body)
    return inner if isinstance(inner, Mapping) else {"message": inner}


def _seconds(text: Any) -> float | None:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)s", str(text or ""))
    return float(found[1]) if found else None
