"""Every setting of the program, read once from the environment, checked at the start."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bot.limits import Rate

SENDER_RATE = Rate(a_second=1, burst=40)
ADDRESS_RATE = Rate(a_second=50, burst=3000)
TELEGRAM_API = "https://api.telegram.org"
TELEGRAM_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
TELEGRAM_PORTS = (443, 80, 88, 8443)
LOOPBACK = re.compile(r"localhost|127(?:\.\d{1,3}){3}|::1")
ORIGIN = re.compile(r"https?://(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9-]+(?::\d{1,5})?")


class SettingsError(ValueError):
    """A setting has a value that cannot be used; the message names both."""


@dataclass(frozen=True)
class Settings:
    """Where things are and how much is taken.

    Attributes:
        root: The project's folder, with ``config.yml`` and ``knowledge/``.
        database_url: Where conversations are kept, as SQLAlchemy writes it.
        longest_message: Characters of a message that are taken; more is refused.
        largest_body: Bytes of a request that are read; more is refused.
        most_waiting: Messages of one conversation that may wait; more is answered with 429.
        most_at_once: Messages of all conversations that may wait; more is answered with 503.
        allowed_origins: Web sites that may embed the widget, each as ``https://host``; the server's own always may.
        redis_url: Where rates are counted together with other servers; empty: in this process.
        sender_rate: Messages of one conversation that do not wait for the reply to the one before: so many a second,
            and so many at once before that counts.
        address_rate: All messages from one network address, which a whole internet café may share.
        retention_days: Conversations, thumbs and updates are erased after so many days.
        public_url: This server's own public address, like ``https://help.example.org``; empty: nobody knows it.
        telegram_token: The bot's token; empty: no Telegram.
        telegram_api_url: Base address of the Bot API.
        telegram_webhook_url: Public https address of ``/telegram``; empty: long polling.
        telegram_webhook_secret: What Telegram proves itself with there; empty: a new one at each start.
    """

    root: Path = field(default_factory=Path.cwd)
    database_url: str = ""
    longest_message: int = 1000
    largest_body: int = 8192
    most_waiting: int = 20
    most_at_once: int = 500
    allowed_origins: tuple[str, ...] = ()
    redis_url: str = ""
    sender_rate: Rate = SENDER_RATE
    address_rate: Rate = ADDRESS_RATE
    retention_days: int = 30
    public_url: str = ""
    telegram_token: str = field(default="", repr=False)
    telegram_api_url: str = TELEGRAM_API
    telegram_webhook_url: str = ""
    telegram_webhook_secret: str = field(default="", repr=False)

    @property
    def knowledge(self) -> Path:
        """The folder that staff keep."""
        return self.root / "knowledge"

    @property
    def models(self) -> Path:
        """Where trained models are, with ``current.json`` naming the one in use."""
        return self.root / "models"

    @property
    def var(self) -> Path:
        """What the program writes while it runs."""
        return self.root / "var"

    @property
    def thresholds(self) -> Path:
        """The limits that ``embassy-bot tune`` chose."""
        return self.root / "thresholds.json"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ, root: Path | None = None) -> Settings:
        """Reads the variables that the README lists, and finds the project's root.

        Raises:
            SettingsError: The project's root cannot be found, or a value cannot be used.
        """
        folder = root or find_root(Path.cwd())
        url = environment.get("DATABASE_URL") or f"sqlite:///{folder / 'var' / 'conversations.sqlite3'}"
        if "://" not in url:
            raise SettingsError(f"DATABASE_URL is '{url}', but must look like 'sqlite:///var/bot.sqlite3'.")
        return cls(
            root=folder,
            database_url=url,
            allowed_origins=origins(environment.get("ALLOWED_ORIGINS") or ""),
            redis_url=environment.get("REDIS_URL") or "",
            sender_rate=rate(environment, "SENDER_RATE", cls.sender_rate),
            address_rate=rate(environment, "ADDRESS_RATE", cls.address_rate),
            retention_days=days(environment.get("RETENTION_DAYS") or "30"),
            public_url=public_url(environment),
            telegram_token=environment.get("TELEGRAM_TOKEN") or "",
            telegram_api_url=environment.get("TELEGRAM_API_URL") or TELEGRAM_API,
            telegram_webhook_url=webhook_url(environment.get("TELEGRAM_WEBHOOK_URL") or ""),
            telegram_webhook_secret=webhook_secret(environment.get("TELEGRAM_WEBHOOK_SECRET") or ""),
        )


def days(text: str) -> int:
    """A number of days, at least one.

    Raises:
        SettingsError: It is no such number.
    """
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 3650:
        raise SettingsError(f"RETENTION_DAYS is '{text}', but must be a number of days from 1 to 3650.")
    return int(text)


def public_url(environment: Mapping[str, str]) -> str:
    """The server's own address: ``PUBLIC_URL``, else where Telegram calls it, else "".

    Raises:
        SettingsError: It is no origin.
    """
    text = environment.get("PUBLIC_URL") or ""
    if text and not ORIGIN.fullmatch(text.strip().rstrip("/").lower()):
        raise SettingsError(f"PUBLIC_URL is '{text}', but must look like 'https://help.example.org', without a path.")
    if text:
        return text.strip().rstrip("/").lower()
    webhook = re.match(r"https://[^/?#@\s]+", (environment.get("TELEGRAM_WEBHOOK_URL") or "").strip())
    return webhook.group() if webhook else ""


def webhook_url(text: str) -> str:
    """Where Telegram calls this server, "" for long polling.

    An address without a path is that of this server, so its ``/telegram`` is meant. Another path is a proxy's own
    affair, and so is http, or another port than Telegram calls, on this very machine.

    Raises:
        SettingsError: Telegram would refuse it.
    """
    url = text.strip()
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        scheme, path, host, port = parts.scheme, parts.path.rstrip("/"), parts.hostname or "", parts.port
        named = bool(host) and port != 0 and not re.search(r"\s", url)
    except ValueError:  # half an IPv6 address, or a port that is none
        scheme, host, named = "https", "", False
    here = LOOPBACK.fullmatch(host) is not None
    if scheme != "https" and not (scheme == "http" and here):
        why = "does not begin with https://, which Telegram asks for"
    elif not named:
        why = "names no host that can be called"
    elif port and port not in TELEGRAM_PORTS and not here:
        why = f"names port {port}, but Telegram calls only the ports 443, 80, 88 and 8443"
    else:
        return parts._replace(path=path or "/telegram").geturl()
    raise SettingsError(
        f"TELEGRAM_WEBHOOK_URL is '{text}', but must look like 'https://help.example.org/telegram': it {why}. "
        "Correct it, or leave it out for long polling."
    )


def webhook_secret(text: str) -> str:
    """A secret that Telegram takes.

    Raises:
        SettingsError: It holds other signs than Telegram allows; the message does not repeat it.
    """
    if text and not TELEGRAM_SECRET.fullmatch(text):
        raise SettingsError("TELEGRAM_WEBHOOK_SECRET may hold only A-Z, a-z, 0-9, _ and -, at most 256 of them.")
    return text


def origins(text: str) -> tuple[str, ...]:
    """The origins of a list with commas.

    Raises:
        SettingsError: One of them is not an origin like ``https://host`` or ``http://host:port``.
    """
    found = []
    for item in filter(None, (part.strip().rstrip("/").lower() for part in text.split(","))):
        if not ORIGIN.fullmatch(item):
            raise SettingsError(
                f"ALLOWED_ORIGINS holds '{item}', but each must look like 'https://ml.usembassy.gov', without a path."
            )
        found.append(item)
    return tuple(found)


def rate(environment: Mapping[str, str], name: str, default: Rate) -> Rate:
    """A rate written as ``MESSAGES_A_SECOND/AT_ONCE``.

    Raises:
        SettingsError: It is written in another way.
    """
    text = environment.get(name)
    if not text:
        return default
    found = re.fullmatch(r"(\d+(?:\.\d+)?)/(\d+)", text.strip())
    if not found or not float(found[1]) or not int(found[2]):
        raise SettingsError(f"{name} is '{text}', but must look like '1/40': messages a second / at once.")
    return Rate(float(found[1]), float(found[2]))


def find_root(start: Path) -> Path:
    """The folder at or above ``start`` that holds ``config.yml`` and ``knowledge/``.

    Raises:
        SettingsError: There is none.
    """
    for folder in (start, *start.parents, Path(__file__).resolve().parent.parent):
        if (folder / "config.yml").exists() and (folder / "knowledge").is_dir():
            return folder
    raise SettingsError(f"No project was found at {start}: run this where config.yml and knowledge/ are.")
