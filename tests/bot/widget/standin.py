"""The addresses that the widget calls besides REST, for an application that does not have them yet."""

from __future__ import annotations

import json
import secrets

from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.store.feedback import Feedback, FeedbackStore


def complete(app: Starlette, origins: list[str]) -> None:
    if any(getattr(route, "path", "") == "/conversations" for route in app.routes):
        return
    desk = app.state.desk
    feedback = FeedbackStore(desk.store._engine)

    async def begin(request: Request) -> Response:
        return JSONResponse({"sender": "w_" + secrets.token_urlsafe(24)}, 201)

    async def forget(request: Request) -> Response:
        await desk.conversations.forget(json.loads(await request.body())["sender"])
        return Response(status_code=204)

    async def rate(request: Request) -> Response:
        body = json.loads(await request.body())
        sender, message_id, item, helpful = (body[name] for name in ("sender", "message_id", "item", "helpful"))
        if helpful is None:
            feedback.withdraw(sender, message_id, item)
        else:
            feedback.record(Feedback(sender, message_id, item, helpful, body.get("reason", "")))
        return Response(status_code=204)

    app.router.routes += [
        Route("/conversations", begin, methods=["POST"]),
        Route("/conversations/forget", forget, methods=["POST"]),
        Route("/feedback", rate, methods=["POST"]),
    ]
    app.add_middleware(CORSMiddleware, allow_origins=origins, allow_methods=["POST"], expose_headers=["Retry-After"])
