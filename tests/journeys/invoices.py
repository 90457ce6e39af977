"""Providers that send an invoice, in every provider dialect, by the price lists that they publish.

Nothing of the router is read or used here: what a token costs, how each dialect counts it, and the sum. Each request
bears its name in its prompt, the only thing that reaches a provider in every dialect.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from tests.journeys.wires import NAME, Json, wire_of
from tests.upstream import STREAM_END, STREAM_HEAD, Asked, End, Step, answer, chunked, completion, event

PICODOLLARS = 10**12
LONG = 200_000  # tokens of a prompt above which all of its answer costs more
PIECE_TOKENS = 7


@dataclass(frozen=True)
class Rates:
    """Picodollars per token, which is USD per million tokens times a million."""

    fresh: int
    cached: int
    output: int
    written: int = 0
    written_1h: int = 0


GPT, CLAUDE, GEMINI = "gpt-5", "claude-sonnet-4-5", "gemini-2.5-pro"
PRICE_LISTS: dict[tuple[str, str], Rates] = {
    (GPT, "default"): Rates(1_250_000, 125_000, 10_000_000),
    (GPT, "flex"): Rates(625_000, 62_500, 5_000_000),
    (GPT, "priority"): Rates(2_500_000, 250_000, 20_000_000),
    (CLAUDE, "default"): Rates(3_000_000, 300_000, 15_000_000, 3_750_000, 6_000_000),
    (CLAUDE, "long"): Rates(6_000_000, 600_000, 22_500_000, 7_500_000, 12_000_000),
    (GEMINI, "default"): Rates(1_250_000, 125_000, 10_000_000),
    (GEMINI, "long"): Rates(2_500_000, 250_000, 15_000_000),
}


@dataclass
class Sold:
    """Tokens that one call is billed for. No token is in two of these."""

    model: str
    fresh: int = 0
    cached: int = 0
    written: int = 0
    written_1h: int = 0
    text: int = 0
    thoughts: int = 0
    tier: str = "default"

    @property
    def prompt(self) -> int:
        return self.fresh + self.cached + self.written + self.written_1h

    @property
    def output(self) -> int:
        return self.text + self.thoughts

    @property
    def picodollars(self) -> int:
        is_long = self.prompt > LONG and (self.model, "long") in PRICE_LISTS
        rates = PRICE_LISTS[self.model, "long" if is_long else self.tier]
        prompt = self.fresh * rates.fresh + self.cached * rates.cached
        return prompt + self.written * rates.written + self.written_1h * rates.written_1h + self.output * rates.output


class Fate(Enum):
    WHOLE = "whole"  # the program was sent all of it
    FAILED = "failed"  # an error status, which nobody bills
    CUT = "cut"  # the stream broke, or its reader left: billed by what was written


@dataclass
class Bill:
    request: str
    path: str
    sold: Sold
    fate: Fate = Fate.CUT


@dataclass
class Biller:
    """Answers, and remembers what it bills. `is_bounded`: no prompt has more tokens than bytes, no answer more than
    its cap, nothing is kept for an hour, and no tier is dearer than was asked for."""

    seed: int
    is_bounded: bool
    bills: list[Bill] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Iterator[Step]:
        if "enerateContent" not in asked.path and asked.path.endswith("/models"):
            yield answer(200, {"object": "list", "data": []})
            return
        body, wire, name = asked.json, wire_of(asked.path), NAME.search(asked.body)
        assert name is not None, asked.body
        chance = random.Random(f"{self.seed} {name[1]!r} {len(self.bills)}")
        bill = Bill(name[1].decode(), wire.path, Sold(wire.model(asked.path, body)))
        self.bills.append(bill)
        if chance.random() < 0.1:
            bill.fate = Fate.FAILED
            yield answer(chance.choice((429, 500, 503)), {"error": {"message": "Not now", "type": "server_error"}})
            return
        prompt = wire.prompt_at_most(body) if self.is_bounded else chance.choice((30, 3_000, 210_000))
        self._read_prompt(bill.sold, prompt, body, chance)
        self._think(bill.sold, chance, min(400, wire.cap(body) or 400))
        tell = TELLERS[wire.path]
        if not wire.streams(asked.path, body):
            bill.fate = Fate.WHOLE
            yield answer(200, tell.whole(bill.sold))
            return
        yield from self._stream(bill, tell, chance)

    def _read_prompt(self, sold: Sold, size: int, body: Json, chance: random.Random) -> None:
        asked_tier = body.get("service_tier")
        if sold.model == GPT and asked_tier in ("flex", "priority"):
            sold.tier = asked_tier
        left = chance.randint(max(1, size // 4), size)
        sold.cached = chance.choice((0, left // 2))
        if sold.model == CLAUDE and not self.is_bounded:
            sold.written, sold.written_1h = chance.choice(((0, 0), (left // 8, 0), (left // 8, left // 16)))
        sold.fresh = left - sold.cached - sold.written - sold.written_1h

    def _think(self, sold: Sold, chance: random.Random, most: int) -> None:
        written = chance.randint(2, max(2, most))
        sold.thoughts = chance.choice((0, written // 2))
        sold.text = written - sold.thoughts

    def _stream(self, bill: Bill, tell: Teller, chance: random.Random) -> Iterator[Step]:
        sold, text = bill.sold, bill.sold.text
        breaks = chance.random() < 0.3
        sold.text = 0
        yield STREAM_HEAD + chunked(tell.begin(sold))
        while sold.text < text:
            sold.text += min(PIECE_TOKENS, text - sold.text)
            yield chunked(tell.piece("x" * PIECE_TOKENS))
            if breaks and sold.text > text // 2:
                yield End.CLOSE
                return
            yield 0.001
        yield chunked(tell.end(sold)) + STREAM_END
        bill.fate = Fate.WHOLE


class Teller:
    """Writes answers in one dialect, with usage as that dialect counts it."""

    def whole(self, sold: Sold) -> Json:
        raise NotImplementedError

    def begin(self, sold: Sold) -> bytes:
        raise NotImplementedError

    def piece(self, text: str) -> bytes:
        raise NotImplementedError

    def end(self, sold: Sold) -> bytes:
        raise NotImplementedError


def _sse(kind: str, **fields: object) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


class ChatTeller(Teller):
    """Cached input is in the prompt, thoughts are in the completion."""

    def whole(self, sold: Sold) -> Json:
        return completion("x") | {"usage": self._usage(sold), "service_tier": sold.tier}

    def begin(self, sold: Sold) -> bytes:
        return event({"role": "assistant", "content": ""})

    def piece(self, text: str) -> bytes:
        return event({"content": text})

    def end(self, sold: Sold) -> bytes:
        last = {"object": "chat.completion.chunk", "choices": [], "usage": self._usage(sold), "service_tier": sold.tier}
        return event(finish="stop") + b"data: " + json.dumps(last).encode() + b"\n\ndata: [DONE]\n\n"

    def _usage(self, sold: Sold) -> Json:
        return {
            "prompt_tokens": sold.prompt,
            "completion_tokens": sold.output,
            "total_tokens": sold.prompt + sold.output,
            "prompt_tokens_details": {"cached_tokens": sold.cached},
            "completion_tokens_details": {"reasoning_tokens": sold.thoughts},
        }


class ResponsesTeller(Teller):
    """As chat, under other names."""

    def whole(self, sold: Sold) -> Json:
        return self._response("completed", sold)

    def begin(self, sold: Sold) -> bytes:
        item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "in_progress", "content": []}
        begun = self._response("in_progress", None) | {"output": []}
        return _sse("response.created", response=begun) + _sse("response.output_item.added", output_index=0, item=item)

    def piece(self, text: str) -> bytes:
        return _sse("response.output_text.delta", item_id="msg_1", output_index=0, content_index=0, delta=text)

    def end(self, sold: Sold) -> bytes:
        return _sse("response.completed", response=self._response("completed", sold))

    def _response(self, status: str, sold: Sold | None) -> Json:
        content = [{"type": "output_text", "text": "x", "annotations": []}]
        item = {"id": "msg_1", "type": "message", "role": "assistant", "status": status, "content": content}
        told: Json = {"id": "resp_1", "object": "response", "status": status, "model": GPT, "output": [item]}
        if sold is None:
            return told | {"usage": None, "error": None}
        usage = {
            "input_tokens": sold.prompt,
            "input_tokens_details": {"cached_tokens": sold.cached},
            "output_tokens": sold.output,
            "output_tokens_details": {"reasoning_tokens": sold.thoughts},
            "total_tokens": sold.prompt + sold.output,
        }
        return told | {"usage": usage, "service_tier": sold.tier, "error": None}


class MessagesTeller(Teller):
    """Input that was read from or written to the cache stands beside `input_tokens`; the output grows."""

    def whole(self, sold: Sold) -> Json:
        content = [{"type": "text", "text": "x"}]
        return self._message(content, "end_turn", self._usage(sold, sold.output))

    def begin(self, sold: Sold) -> bytes:
        message = self._message([], None, self._usage(sold, 1))
        block = {"index": 0, "content_block": {"type": "text", "text": ""}}
        return _sse("message_start", message=message) + _sse("content_block_start", **block)

    def piece(self, text: str) -> bytes:
        return _sse("content_block_delta", index=0, delta={"type": "text_delta", "text": text})

    def end(self, sold: Sold) -> bytes:
        delta = {"stop_reason": "end_turn", "stop_sequence": None}
        stopped = _sse("message_delta", delta=delta, usage={"output_tokens": sold.output})
        return _sse("content_block_stop", index=0) + stopped + _sse("message_stop")

    def _message(self, content: list[Json], stop_reason: str | None, usage: Json) -> Json:
        told = {"content": content, "stop_reason": stop_reason, "stop_sequence": None, "usage": usage}
        return {"id": "msg_1", "type": "message", "role": "assistant", "model": CLAUDE, **told}

    def _usage(self, sold: Sold, output: int) -> Json:
        return {
            "input_tokens": sold.fresh,
            "cache_read_input_tokens": sold.cached,
            "cache_creation_input_tokens": sold.written + sold.written_1h,
            "cache_creation": {
                "ephemeral_5m_input_tokens": sold.written,
                "ephemeral_1h_input_tokens": sold.written_1h,
            },
            "output_tokens": output,
            "service_tier": "standard",
        }


class GeminiTeller(Teller):
    """Cached input is in the prompt, thoughts stand beside the answer, and chunks tell what there is so far."""

    def whole(self, sold: Sold) -> Json:
        return self._chunk("x", "STOP", sold)

    def begin(self, sold: Sold) -> bytes:
        return self._event(self._chunk("", None, sold))

    def piece(self, text: str) -> bytes:
        return self._event(self._chunk(text, None, None))

    def end(self, sold: Sold) -> bytes:
        return self._event(self._chunk("", "STOP", sold))

    def _event(self, told: Json) -> bytes:
        return b"data: " + json.dumps(told).encode() + b"\r\n\r\n"

    def _chunk(self, text: str, reason: str | None, sold: Sold | None) -> Json:
        candidate: Json = {"index": 0, "content": {"role": "model", "parts": [{"text": text}]}}
        told: Json = {"candidates": [candidate | ({"finishReason": reason} if reason else {})], "modelVersion": GEMINI}
        if sold is None:
            return told
        usage = {
            "promptTokenCount": sold.prompt,
            "cachedContentTokenCount": sold.cached,
            "candidatesTokenCount": sold.text,
            "thoughtsTokenCount": sold.thoughts,
            "totalTokenCount": sold.prompt + sold.output,
        }
        return told | {"usageMetadata": usage}


TELLERS: dict[str, Teller] = {
    "/chat/completions": ChatTeller(),
    "/responses": ResponsesTeller(),
    "/messages": MessagesTeller(),
    "enerateContent": GeminiTeller(),
}
