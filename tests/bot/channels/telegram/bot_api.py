"""A local server that speaks as much of the Bot API as the tests need, over a real socket."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from aiohttp import web

TOKEN = "123456:test-token"
WEBHOOK_IS_SET = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
ME = {"id": 99, "is_bot": True, "first_name": "Front desk", "username": "desk_bot"}


class BotApi:
    """Keeps updates until an offset acknowledges them, as Telegram does; remembers every call."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.pending: list[dict[str, Any]] = []
        self.failures: dict[str, deque[tuple[int, dict[str, Any]]]] = {}
        self.before: Callable[[str, dict[str, Any]], None] = lambda method, data: None
        self.hanging: Counter[str] = Counter()
        self.webhook: dict[str, Any] = {"url": ""}
        self._messages = 1000
        self._given: set[int] = set()
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._started.wait(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        app = web.Application()
        app.router.add_route("*", "/bot{token}/{method}", self._answer)
        self._runner = web.AppRunner(app, access_log=None)

        async def begin() -> None:
            await self._runner.setup()
            site = web.TCPSite(self._runner, "127.0.0.1", 0, shutdown_timeout=0.1)
            await site.start()
            self.port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
            self._started.set()

        self._loop.run_until_complete(begin())
        self._loop.run_forever()
        self._loop.run_until_complete(self._runner.cleanup())
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.close()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def bring(self, *updates: dict[str, Any]) -> None:
        self.pending += updates

    def fail(self, method: str, status: int, description: str = "", **parameters: Any) -> None:
        """The next call of a method fails like this."""
        body = {"ok": False, "error_code": status, "description": description, "parameters": parameters}
        self.failures.setdefault(method.lower(), deque()).append((status, body))

    def hang(self, method: str, times: int = 1) -> None:
        """The next calls of a method are taken and never answered."""
        self.hanging[method.lower()] += times

    def of(self, method: str) -> list[dict[str, Any]]:
        return [data for name, data in list(self.calls) if name == method.lower()]

    def texts(self, chat: int | None = None) -> list[str]:
        return [data["text"] for data in self.of("sendMessage") if chat is None or int(data["chat_id"]) == chat]

    def settle(self) -> None:
        """Returns when everything that was written to this server has been read, also by whoever is dead by now."""

        async def turns() -> None:
            # Each turn of the loop looks at the sockets; a request takes a few from its first byte to its note.
            for _ in range(50):
                await asyncio.sleep(0)

        asyncio.run_coroutine_threadsafe(turns(), self._loop).result(20)

    def wait_for(self, holds: Callable[[], Any], seconds: float = 15) -> Any:
        until = time.monotonic() + seconds
        while not (found := holds()):
            assert time.monotonic() < until, f"It did not happen; calls: {self.calls[-10:]}"
            time.sleep(0.02)
        return found

    async def _answer(self, request: web.Request) -> web.Response:
        method = request.match_info["method"].lower()
        if request.match_info["token"] != TOKEN:
            return web.json_response({"ok": False, "error_code": 401, "description": "Unauthorized"}, status=401)
        raw = {**request.query, **(await request.post())}
        data = {name: _value(str(value)) for name, value in raw.items()}
        self.calls.append((method, data))
        self.before(method, data)
        if self.hanging[method]:
            self.hanging[method] -= 1
            await asyncio.sleep(3600)
        queue = self.failures.get(method)
        if queue:
            status, body = queue.popleft()
            return web.json_response(body, status=status)
        if method == "getupdates" and self.webhook["url"]:
            return web.json_response({"ok": False, "error_code": 409, "description": WEBHOOK_IS_SET}, status=409)
        return web.json_response({"ok": True, "result": await self._result(method, data)})

    async def _result(self, method: str, data: dict[str, Any]) -> Any:
        if method == "getme":
            return ME
        if method in ("setwebhook", "deletewebhook"):
            self.webhook["url"] = data.get("url", "")
        if method == "getwebhookinfo":
            return {"has_custom_certificate": False, "pending_update_count": 3, **self.webhook}
        if method == "getupdates":
            offset = int(data.get("offset") or 0)
            # Only what was handed out can be acknowledged: numbers may begin anew, lower, while a poll is on its way.
            self.pending = [one for one in self.pending if one["update_id"] >= offset or id(one) not in self._given]
            if not self.pending:
                await asyncio.sleep(0.05)
            self._given = {id(one) for one in self.pending[:100]}
            return self.pending[:100]
        if method in ("sendmessage", "sendcontact", "editmessagetext", "editmessagereplymarkup"):
            self._messages += 1
            chat = {"id": int(data["chat_id"]), "type": "private"}
            return {"message_id": self._messages, "date": 1, "chat": chat, "text": str(data.get("text", ""))}
        return True


def _value(text: str) -> Any:
    if text[:1] in "[{":
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def message(
    update_id: int, text: str | None = "bonjour", chat: int = 7, group: int | None = None, **more: Any
) -> dict[str, Any]:
    """An update with a message in a private chat, or in a ``group``; ``more`` overrides the message's fields."""
    place = {"id": group, "type": "group", "title": "x"} if group else {"id": chat, "type": "private"}
    body: dict[str, Any] = {
        "message_id": update_id * 10,
        "date": 1,
        "chat": place,
        "from": {"id": chat, "is_bot": False, "first_name": "Awa", "language_code": "fr"},
        **({"text": text} if text is not None else {}),
    }
    if text and text.startswith("/"):
        body["entities"] = [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}]
    return {"update_id": update_id, "message": {**body, **more}}


def press(
    update_id: int, data: str, chat: int = 7, holder: int = 500, group: int | None = None, language: str = "fr"
) -> dict[str, Any]:
    """An update with a pressed button, in a private chat or in a ``group``."""
    person = {"id": chat, "is_bot": False, "first_name": "Awa", "language_code": language}
    place = {"id": group, "type": "group", "title": "x"} if group else {"id": chat, "type": "private"}
    held = {"message_id": holder, "date": 1, "chat": place, "text": "…"}
    query = {"id": str(update_id), "from": person, "chat_instance": "1", "message": held, "data": data}
    return {"update_id": update_id, "callback_query": query}
