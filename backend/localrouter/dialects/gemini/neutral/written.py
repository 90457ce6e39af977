"""Writes whole answers as Gemini does, and the parts that streams have in common with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from localrouter.dialects.gemini.fields import NAME
from localrouter.dialects.gemini.neutral.replies import REASONS
from localrouter.dialects.gemini.neutral.signatures import seal_of
from localrouter.dialects.gemini.neutral.values import arguments_in
from localrouter.dialects.gemini.usage import usage_json
from localrouter.dialects.json_bodies.lenient import loads
from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.json_bodies.values import object_at, objects_at, whole_at
from localrouter.domain.conversation.parts import (
    Citation,
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    TokenLogprob,
    ToolCallPart,
)
from localrouter.domain.conversation.reply import Finish, FinishReason, Reply
from localrouter.domain.conversation.request import ModelRequest

Json = dict[str, object]

_WRITTEN_REASONS = {
    FinishReason.STOP: "STOP",
    FinishReason.STOP_SEQUENCE: "STOP",
    FinishReason.TOOLS: "STOP",
    FinishReason.LENGTH: "MAX_TOKENS",
    FinishReason.CONTEXT: "MAX_TOKENS",
    FinishReason.CONTENT_FILTER: "SAFETY",
    FinishReason.REFUSAL: "SAFETY",
}


def vectors_of(raw: bytes, request: ModelRequest) -> bytes:
    """What OpenAI says with vectors in Gemini's words; anything else is Gemini's own."""
    told = loads(raw)
    if not isinstance(told, dict) or "data" not in told:
        return raw
    rows = sorted(objects_at(told, "data"), key=lambda row: whole_at(row, "index") or 0)
    vectors: list[Json] = [{"values": row.get("embedding")} for row in rows]
    if "requests" not in request.body:
        return dumps({"embedding": vectors[0]}) if vectors else raw
    usage = object_at(told, "usage")
    count = whole_at(usage, "prompt_tokens") or whole_at(usage, "total_tokens")
    counted: Json = {} if count is None else {"usageMetadata": {"promptTokenCount": count}}
    return dumps({"embeddings": vectors, **counted})


def answer_of(reply: Reply, request: ModelRequest, *, shows_thoughts: bool) -> Json:
    """The answer as Gemini writes it."""
    texts = [part for part in reply.parts if isinstance(part, TextPart)]
    content = {"role": "model", "parts": list(parts_written(reply.parts, shows_thoughts=shows_thoughts))}
    candidate: Json = {"content": content, "index": 0, **finish_json(reply.finish)}
    if citations := [each for part in texts for each in part.citations]:
        candidate["groundingMetadata"] = grounding_of(citations)
    if logprobs := [token for part in texts for token in part.logprobs]:
        candidate["logprobsResult"] = logprobs_json(logprobs)
    told: Json = {"candidates": [candidate], **head_of(reply.id, reply.model, request)}
    return told if reply.usage is None else told | {"usageMetadata": usage_json(reply.usage)}


def head_of(response_id: str, model: str, request: ModelRequest) -> Json:
    """What tells an answer from others; where its provider does not say so, the router's own id and name."""
    return {"modelVersion": model or request.model, "responseId": response_id or request.id}


def parts_written(parts: Iterable[Part], *, shows_thoughts: bool) -> Iterator[Json]:
    """The parts of an answer. The proof of a thought stands on the call or the text behind it."""
    proofs = Proofs()
    told: list[Json] = []
    last: Json | None
    for part in parts:
        match part:
            case ReasoningPart():
                text = part.text or "\n\n".join(part.summary)
                if text and shows_thoughts:
                    told.append({"text": text, "thought": True})
                proofs.take(part)
            case TextPart() | RefusalPart():
                told.append({"text": part.text})
            case ToolCallPart():
                told.append({**call_json(part), **proofs.of_call(part.id)})
    if signed := proofs.of_text():
        last = next((part for part in reversed(told) if part.keys() == {"text"}), None)
        if last is None:
            last = {"text": ""}
            told.append(last)
        last |= signed
    return iter(told or [{"text": ""}])


class Proofs:
    """The proofs of thoughts that have come and stand nowhere yet."""

    def __init__(self) -> None:
        self._own: dict[str | None, str] = {}  # Gemini's, by the id of their call
        self._foreign: list[ReasoningPart] = []

    def take(self, part: ReasoningPart) -> None:
        proof = part.encrypted or part.signature
        if part.dialect == NAME and proof is not None:
            self._own[part.item_id] = proof
        elif proof is not None:
            self._foreign.append(part)

    def of_call(self, call_id: str) -> Json:
        if (own := self._own.pop(call_id, None)) is not None:
            return {"thoughtSignature": own}
        return self._sealed()

    def of_text(self) -> Json:
        if self._own:
            return {"thoughtSignature": self._own.popitem()[1]}
        return self._sealed()

    def _sealed(self) -> Json:
        foreign, self._foreign = self._foreign, []
        return {"thoughtSignature": seal_of(foreign)} if foreign else {}


def call_json(call: ToolCallPart) -> Json:
    read = arguments_in(call.arguments)
    arguments = {"arguments": call.arguments} if read is None else read
    return {"functionCall": {"id": call.id, "name": call.name, "args": arguments}}


def finish_json(finish: Finish) -> Json:
    """The reason in Google's words, and the provider's own where those do not say it."""
    reason = _WRITTEN_REASONS.get(finish.reason, "OTHER")
    said: Json = {"finishReason": finish.raw if finish.raw in REASONS else reason}
    if finish.raw and reason in ("OTHER", "SAFETY"):
        said["finishMessage"] = f"The model's provider said: {finish.raw}"
    return said


def grounding_of(citations: Iterable[Citation]) -> Json:
    chunks: list[Json] = []
    supports: list[Json] = []
    for citation in citations:
        web = {"uri": citation.url, "title": citation.title}
        chunks.append({"web": {name: value for name, value in web.items() if value is not None}})
        segment = {"startIndex": citation.start, "endIndex": citation.end, "text": citation.cited_text}
        supports.append(
            {
                "segment": {name: value for name, value in segment.items() if value is not None},
                "groundingChunkIndices": [len(chunks) - 1],
            }
        )
    return {"groundingChunks": chunks, "groundingSupports": supports}


def logprobs_json(tokens: Iterable[TokenLogprob]) -> Json:
    told = list(tokens)
    return {
        "chosenCandidates": [_token(token) for token in told],
        "topCandidates": [{"candidates": [_token(each) for each in token.alternatives]} for token in told],
    }


def _token(token: TokenLogprob) -> Json:
    return {"token": token.token, "logProbability": token.logprob}
