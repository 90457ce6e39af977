"""Documents the program's own HTTP interface: the OpenAPI document, and a page made from it that works offline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from localrouter.domain.conversation.request import Endpoint
from localrouter.surfaces.model_api.model_lists import LIST_PATHS
from localrouter.surfaces.model_api.request_body import ModelRoute
from localrouter.surfaces.model_api.requests import PATHS

Json = dict[str, object]

TITLES = {
    Endpoint.CHAT_COMPLETIONS: "Answer a conversation, whole or as a stream",
    Endpoint.COMPLETIONS: "Continue a prompt, whole or as a stream",
    Endpoint.EMBEDDINGS: "Turn texts into vectors",
    Endpoint.COUNT_TOKENS: "Count the tokens of a prompt",
}
KEY: list[Json] = [{"clientKey": []}]
SECURITY_SCHEMES: Json = {
    "clientKey": {"type": "http", "scheme": "bearer", "description": "The key of a LocalRouter client."},
    "adminToken": {"type": "http", "scheme": "bearer", "description": "The admin token of the home."},
}
STYLE = (
    "body{font:14px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}"
    "code{font-family:ui-monospace,monospace}td,th{text-align:left;vertical-align:top;padding:.25rem 1rem .25rem 0}"
)


def model_paths() -> Json:
    """OpenAPI descriptions of the model paths: they are plain ASGI routes, which FastAPI does not describe."""
    posts = {path: {"post": _post(route)} for path, route in PATHS.items() if path.startswith("/v1/")}
    listing = LIST_PATHS[0]
    return {
        **posts,
        listing: {"get": _get("The models that the client may use")},
        f"{listing}/{{id}}": {"get": _get("One model", "id")},
        f"{listing}/{{id}}/pricing": {"get": _get("What a model costs, in USD per million tokens", "id")},
    }


def completed(schema: Json) -> Json:
    """The framework's document, completed with everything else that is served."""
    paths, components = schema.get("paths"), schema.get("components")
    return {
        **schema,
        "paths": {**(paths if isinstance(paths, dict) else {}), **model_paths()},
        "components": {
            **(components if isinstance(components, dict) else {}),
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def page(schema: Mapping[str, object], commands: Iterable[tuple[str, str]]) -> str:
    """The interface as one page without scripts. `commands` are names, each with the first sentence about it."""
    paths = schema["paths"]
    rows = [
        _row(f"{method.upper()} {path}", str(operation["summary"]))
        for path, operations in sorted(paths.items() if isinstance(paths, dict) else ())
        for method, operation in operations.items()
    ]
    named = [_row(name, summary) for name, summary in commands]
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>LocalRouter: interface</title>"
        f"<style>{STYLE}</style><h1>LocalRouter: interface</h1>"
        "<p>Model requests carry a client's key as <code>Authorization: Bearer KEY</code>. They are served without the "
        "prefix <code>/v1</code> as well. The whole description: <a href=/openapi.json>openapi.json</a>.</p>"
        f"<table>{''.join(rows)}</table><h2>Commands</h2>"
        "<p><code>POST /rpc</code> with the admin token, as JSON-RPC 2.0, or <code>localrouter call NAME</code> "
        "(in a checkout <code>./scripts/run call NAME</code>). Parameters and "
        "results: <a href=/openrpc.json>openrpc.json</a>.</p>"
        f"<table>{''.join(named)}</table></html>"
    )


def _row(name: str, text: str) -> str:
    return f"<tr><th scope=row><code>{escape(name)}</code></th><td>{escape(text)}</td></tr>"


def _post(route: ModelRoute) -> Json:
    body: Json = {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
    responses = _responses(route.dialect.title)
    return {"summary": TITLES[route.endpoint], "security": KEY, "requestBody": body, "responses": responses}


def _get(summary: str, parameter: str | None = None) -> Json:
    described: Json = {"summary": summary, "security": KEY, "responses": _responses()}
    if parameter is not None:
        schema: Json = {"type": "string"}
        described["parameters"] = [{"name": parameter, "in": "path", "required": True, "schema": schema}]
    return described


def _responses(shape: str = "OpenAI") -> Json:
    error: Json = {"description": f"An error in {shape}'s shape, with the explanation in `error.localrouter`"}
    return {"200": {"description": f"The answer, in {shape}'s shape"}, "default": error}
