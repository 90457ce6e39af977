"""The only place that says what is known of a model: its windows, capabilities and price, and from where.

The user's own price comes first, then what the provider's own list says, as far as its `terms` let it be believed, then
that the provider is free, then the packaged table. What none of them says stays None: unknown is unknown, never 0.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from localrouter.domain.configuration.config import PricingOverride, Provider, Strategy
from localrouter.domain.configuration.snapshot import Snapshot
from localrouter.domain.conversation.request import Capability, Endpoint
from localrouter.domain.models.pricing import FREE, Price, PriceTier, from_usd, picodollars_per_token
from localrouter.domain.models.terms import ListPrices, PriceSource, Terms

Row = Mapping[str, object]


MAX_LISTED = 10_000  # models of one provider's list
MAX_LISTED_NAME = 256  # characters; what is longer is left out of a list


@dataclass(frozen=True, slots=True)
class ListedModel:
    """What a provider's own list says of a model. Unknown is None, never 0.

    `capabilities` is None where the list says nothing of them. A capability that it does not name is taken for
    missing only where the packaged table does not know better. `price_varies`: it gives a price that is none, such as
    -1, or not for the tokens alone.
    """

    name: str
    context_window: int | None = None
    max_output_tokens: int | None = None
    input_per_million: float | None = None
    output_per_million: float | None = None
    capabilities: frozenset[Capability] | None = None
    cached_per_million: float | None = None
    cache_write_per_million: float | None = None
    usd_per_answer: float | None = None
    price_varies: bool = False


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What is known of one model.

    `capabilities` is what a request may count on: all but what the model is known to lack, None where nothing is
    known. `confirmed` is the part of it that a source names. `endpoints` None: any. `date` is the packaged table's,
    None where it has no row. `only_responses`: it answers in OpenAI's responses, and in no other dialect.
    """

    context_window: int | None = None
    max_output_tokens: int | None = None
    capabilities: frozenset[Capability] | None = None
    confirmed: frozenset[Capability] = frozenset()
    price: Price | None = None
    price_source: PriceSource | None = None
    endpoints: frozenset[Endpoint] | None = None
    reasons: bool | None = None
    date: str | None = None
    only_responses: bool = False

    def serves(self, endpoint: Endpoint) -> bool:
        """False only where the model is known not to answer there."""
        return self.endpoints is None or endpoint in self.endpoints


@dataclass(frozen=True, slots=True)
class CatalogTable:
    """The packaged table: rows by preset and lower-case model name, read one at a time when they are asked for."""

    date: str
    sources: tuple[str, ...]
    models: Mapping[str, Mapping[str, Row]]


# Whose models a preset also offers, under the same names and at the same prices.
SAME_MODELS: Mapping[str, str] = {"azure-openai": "openai"}

# Whose table knows the abilities of a `vendor/model` that is hosted elsewhere.
VENDORS: Mapping[str, str] = {
    "anthropic": "anthropic",
    "cohere": "cohere",
    "deepseek": "deepseek",
    "deepseek-ai": "deepseek",
    "google": "gemini",
    "mistralai": "mistral",
    "openai": "openai",
    "x-ai": "xai",
}

RESPONSES = "responses"
ENDPOINTS: Mapping[str, frozenset[Endpoint]] = {
    "chat": frozenset({Endpoint.CHAT_COMPLETIONS, Endpoint.COMPLETIONS}),
    "completion": frozenset({Endpoint.COMPLETIONS}),
    "embedding": frozenset({Endpoint.EMBEDDINGS}),
    RESPONSES: frozenset({Endpoint.CHAT_COMPLETIONS}),  # asked for in the provider's responses
}
# How many times as much an answer costs that its provider kept in a region and says so, of the models that can be: on
# every token, cached or not. platform.claude.com/docs/en/about-claude/pricing and
# docs.aws.amazon.com/claude-platform/latest/userguide/data-residency.html: from Claude 4.6 on.
REGIONS: Mapping[str, Mapping[str, Fraction]] = {"anthropic": {"us": Fraction(11, 10)}}
WITHOUT_REGIONS = re.compile(r"claude-(v?[123]\b|[a-z]+-4(-[015])?(-20\d{6})?$)")
# The same of hurried answers, as far as it is published: platform.claude.com/docs/en/build-with-claude/fast-mode.
HURRIED: Mapping[str, Mapping[str, Fraction]] = {
    "anthropic": {"claude-opus-4-6": Fraction(6), "claude-opus-5": Fraction(2)}
}
NO_COMPLETIONS = frozenset({"anthropic", "azure-openai", "gemini", "openai"})

DATED = re.compile(r"[-@](20\d\d-\d\d-\d\d|20\d{6}|\d\d-20\d\d|\d{4})$")
LATEST = "-latest"
LATEST_TAG = ":latest"


def model_info(
    table: CatalogTable,
    terms: Terms,
    model: str,
    listed: ListedModel | None = None,
    override: PricingOverride | None = None,
    on: str | None = None,
) -> ModelInfo:
    """All that is known of a model. `on` (an ISO date) brings announced prices into force."""
    known = ModelInfo() if terms.local else _from_table(table, terms.preset, model, on)
    if terms.free is not None:
        known = replace(known, price=FREE, price_source=terms.free)
    if listed is not None:
        known = _with_list(known, listed, terms)
    if override is None:
        return known
    price = Price(
        input=picodollars_per_token(override.input_per_million),
        output=picodollars_per_token(override.output_per_million),
    )
    return replace(known, price=price, price_source=PriceSource.OVERRIDE)


def allowed_models(
    snapshot: Snapshot, strategy: Strategy, models_of: Callable[[Provider], Iterable[ListedModel]]
) -> tuple[tuple[Provider, str], ...]:
    """The listed models that a strategy may use: in provider order, then by name."""
    return tuple(
        (provider, name)
        for provider in snapshot.config.providers
        if provider.enabled
        for name in sorted({model.name for model in models_of(provider)})
        if snapshot.is_model_allowed(strategy, provider.name, name)
    )


def listed_as(index: Mapping[str, ListedModel], model: str) -> ListedModel | None:
    """A model in its provider's list. Local servers leave out the tag `latest`."""
    return index.get(model) or index.get(model + LATEST_TAG) or index.get(model.removesuffix(LATEST_TAG))


def _from_table(table: CatalogTable, preset: str, model: str, on: str | None) -> ModelInfo:
    name = model.lower().removeprefix("models/")
    row = _row(table, preset, name)
    abilities = row if row is not None and ("has" in row or "lacks" in row) else _vendor_row(table, name) or row
    if abilities is None:
        return ModelInfo()
    confirmed, lacks = _capabilities(abilities, "has"), _capabilities(abilities, "lacks")
    price = None if row is None else _price_on(row, on)
    if price is not None and preset in REGIONS and not WITHOUT_REGIONS.match(name):
        hurried = HURRIED.get(preset, {}).get(DATED.sub("", name))
        price = price.in_regions(REGIONS[preset])
        if hurried is not None:
            price = price.with_service_tier("fast", hurried)
    return ModelInfo(
        context_window=None if row is None else _count(row, "window"),
        max_output_tokens=None if row is None else _count(row, "output"),
        capabilities=frozenset(Capability) - lacks if confirmed or lacks else None,
        confirmed=confirmed,
        price=price,
        price_source=None if price is None else PriceSource.TABLE,
        endpoints=None if row is None else _endpoints(row, preset),
        reasons=_truth(abilities, "reasons"),
        date=table.date,
        only_responses=row is not None and row.get("kind") == RESPONSES,
    )


def _row(table: CatalogTable, preset: str, name: str) -> Row | None:
    for each in (preset, SAME_MODELS.get(preset)):
        rows = table.models.get(each, {}) if each else {}
        found = next((rows[spelling] for spelling in _spellings(name) if spelling in rows), None)
        if found is not None:
            return found
    return _row_of_variant(table, preset, name)


def _row_of_variant(table: CatalogTable, preset: str, name: str) -> Row | None:
    """`vendor/model:variant` is the same model at a price of its own, which is not known."""
    plain, colon, _ = name.rpartition(":")
    if not colon or "/" not in plain:
        return None
    row = _row(table, preset, plain)
    return None if row is None else {key: value for key, value in row.items() if key not in ("price", "later")}


def _vendor_row(table: CatalogTable, name: str) -> Row | None:
    vendor, slash, model = name.partition("/")
    preset = VENDORS.get(vendor)
    if not slash or preset is None:
        return None
    plain = model.partition(":")[0]
    return _row(table, preset, plain) or _row(table, preset, plain.replace(".", "-"))


def _spellings(name: str) -> Iterator[str]:
    """The name itself, then the names under which the same model stands where the table has no dated row."""
    yield name
    if name.startswith("ft:"):
        tuned = ":".join(name.split(":")[:2])
        yield tuned
        yield DATED.sub("", tuned)
        return
    undated = DATED.sub("", name).removesuffix(LATEST)
    if undated != name:
        yield undated
    if not name.endswith(LATEST):
        yield undated + LATEST


def _with_list(known: ModelInfo, listed: ListedModel, terms: Terms) -> ModelInfo:
    price = _listed_price(known, listed)
    if price is None and _contradicts(listed, terms):
        known = replace(known, price=None, price_source=None)
    changed = price is not None and price != known.price and _is_believed(price, known, terms)
    return replace(
        known,
        context_window=listed.context_window or known.context_window,
        max_output_tokens=listed.max_output_tokens or known.max_output_tokens,
        capabilities=_listed_capabilities(known, listed),
        confirmed=known.confirmed | (listed.capabilities or frozenset()),
        price=price if changed else known.price,
        price_source=PriceSource.LIST if changed else known.price_source,
    )


def _listed_capabilities(known: ModelInfo, listed: ListedModel) -> frozenset[Capability] | None:
    """Lists seldom speak of JSON schemas, so their silence about them says nothing."""
    if listed.capabilities is None:
        return known.capabilities
    silent = frozenset({Capability.TOOLS, Capability.IMAGES}) - listed.capabilities - known.confirmed
    hoped_for = frozenset(Capability) if known.capabilities is None else known.capabilities
    return (hoped_for - silent) | listed.capabilities


def _is_believed(price: Price, known: ModelInfo, terms: Terms) -> bool:
    """Whether a listed price holds. Where the provider is otherwise free, one above zero holds in any list: limits of
    cost only get stricter by it."""
    if terms.free is not None:
        return not price.is_free
    match terms.list_prices:
        case ListPrices.ALL:
            return True
        case ListPrices.ABOVE_ZERO:
            return price.input > 0 and (price.output > 0 or known.endpoints == ENDPOINTS["embedding"])
        case ListPrices.NONE:
            return False


def _contradicts(listed: ListedModel, terms: Terms) -> bool:
    """Whether a list without a usable price says enough that no other one can be taken for it."""
    if terms.free is None:
        return listed.price_varies and terms.list_prices is not ListPrices.NONE
    return any((listed.input_per_million, listed.output_per_million, listed.usd_per_answer))


def _listed_price(known: ModelInfo, listed: ListedModel) -> Price | None:
    """The list's price. Where it agrees with the table, the table's: it knows of caches and long inputs, too."""
    per_input = _per_token(listed.input_per_million)
    per_output = _per_token(listed.output_per_million)
    if per_output is None and known.endpoints == ENDPOINTS["embedding"]:
        per_output = 0
    if per_input is None or per_output is None:
        return None
    per_answer = from_usd(listed.usd_per_answer) if listed.usd_per_answer else 0
    cached = _per_token(listed.cached_per_million)
    write = _per_token(listed.cache_write_per_million)
    table = known.price
    if table is None or (table.input, table.output) != (per_input, per_output):
        return Price(input=per_input, output=per_output, cached=cached, cache_write=write, request=per_answer)
    return replace(
        table,
        cached=table.cached if cached is None else cached,
        cache_write=table.cache_write if write is None else write,
        request=per_answer or table.request,
    )


def _per_token(usd_per_million: float | None) -> int | None:
    """A negative price is how lists write "it depends"."""
    if usd_per_million is None or usd_per_million < 0:
        return None
    return picodollars_per_token(usd_per_million)


def _endpoints(row: Row, preset: str) -> frozenset[Endpoint] | None:
    kind = str(row.get("kind", "chat"))
    served = ENDPOINTS.get(kind)
    if served is not None and kind == "chat" and preset in NO_COMPLETIONS:
        return served - {Endpoint.COMPLETIONS}
    return served


def _price_on(row: Row, on: str | None) -> Price | None:
    price = row.get("price")
    later = row.get("later")
    for start, announced in later if on is not None and isinstance(later, list) else ():
        if on is not None and start <= on:
            price = announced
    return _price(price) if isinstance(price, Mapping) else None


def _price(row: Row) -> Price | None:
    per_input = _count(row, "input")
    per_output = _count(row, "output")
    if per_input is None or per_output is None:
        return None
    above = row.get("above")
    dearer = [(start, _price(tier)) for start, tier in above] if isinstance(above, list) else []
    tiers = row.get("service_tiers")
    in_tiers = [(name, _price(tier)) for name, tier in tiers.items()] if isinstance(tiers, Mapping) else []
    return Price(
        input=per_input,
        output=per_output,
        cached=_count(row, "cached"),
        cache_write=_count(row, "write"),
        cache_write_1h=_count(row, "write_1h"),
        reasoning=_count(row, "reasoning"),
        request=_count(row, "request") or 0,
        tiers=tuple(PriceTier(above=start, price=price) for start, price in dearer if price is not None),
        audio_input=_count(row, "audio_input"),
        audio_output=_count(row, "audio_output"),
        service_tiers=tuple((name, price) for name, price in in_tiers if price is not None),
    )


def _count(row: Row, key: str) -> int | None:
    value = row.get(key)
    return value if isinstance(value, int) else None


def _truth(row: Row, key: str) -> bool | None:
    value = row.get(key)
    return value if isinstance(value, bool) else None


def _capabilities(row: Row, key: str) -> frozenset[Capability]:
    names = row.get(key)
    return frozenset(Capability(name) for name in names) if isinstance(names, list) else frozenset()
