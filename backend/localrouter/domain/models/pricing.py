"""What tokens cost. Money is integer picodollars (10⁻¹² USD) from here on, so sums are exact."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from localrouter.domain.conversation.request import Usage

PICODOLLARS = 1_000_000_000_000


def picodollars_per_token(usd_per_million: float) -> int:
    """A list price in USD per million tokens as picodollars per token. What costs anything costs at least one of them:
    no rounding makes a model free."""
    return _whole(usd_per_million * 1_000_000)


def usd_per_million(picodollars_per_token: int) -> float:
    """A price as lists show it: USD per million tokens."""
    return picodollars_per_token / 1_000_000


def to_usd(picodollars: int) -> float:
    return picodollars / PICODOLLARS


def dollars(picodollars: int) -> str:
    """USD in plain decimals with the four digits that matter: 2, 0.00002175, 1234.5."""
    usd = abs(to_usd(picodollars))
    digits = 3 - math.floor(math.log10(usd)) if usd else 0
    text = f"{to_usd(picodollars):.{min(12, max(2, digits))}f}"
    return text.rstrip("0").rstrip(".")


def from_usd(usd: float) -> int:
    return _whole(usd * PICODOLLARS)


def _whole(picodollars: float) -> int:
    return max(1, round(picodollars)) if picodollars > 0 else round(picodollars)


REGION = "region "  # begins the name of a service tier that is a region
ORDINARY_SERVICE_TIERS = (None, "auto", "default", "standard", "standard_only", "on_demand")


@dataclass(frozen=True, slots=True)
class Price:
    """Picodollars per token; `request` is picodollars per answer.

    `cached` is the price of input that the provider had in its cache, `cache_write` of input that it put there, and
    `cache_write_1h` of input that it keeps there for an hour. Where one is None that input costs the next more
    general price. `reasoning` is only set where reasoning costs other than the rest of the output, `audio_input` and
    `audio_output` where audio costs other than text. `tiers` are sorted by `above`. `service_tiers` are the prices of
    answers that were given in such a tier ("priority"), or in such a region ("region us"), which an account may have
    chosen without a word in the request: what an answer can cost at most covers those.
    """

    input: int
    output: int
    cached: int | None = None
    cache_write: int | None = None
    cache_write_1h: int | None = None
    reasoning: int | None = None
    request: int = 0
    tiers: tuple[PriceTier, ...] = ()
    audio_input: int | None = None
    audio_output: int | None = None
    service_tiers: tuple[tuple[str, Price], ...] = ()
    # What follows from the others, worked out once: limits ask for it with every request.
    is_free: bool = field(init=False, repr=False, compare=False)
    dearest_input: int = field(init=False, repr=False, compare=False)
    dearest_output: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        regions = [price for name, price in self.service_tiers if name.startswith(REGION)]
        inputs = (self.input, self.cached, self.cache_write, self.cache_write_1h)
        dearest_input = max([*(price or 0 for price in inputs), *(price.dearest_input for price in regions)])
        dearest_output = max([self.output, self.reasoning or 0, *(price.dearest_output for price in regions)])
        costs = dearest_input or dearest_output or self.request
        object.__setattr__(self, "is_free", not costs and all(tier.price.is_free for tier in self.tiers))
        object.__setattr__(self, "dearest_input", dearest_input)
        object.__setattr__(self, "dearest_output", dearest_output)

    def in_service_tier(self, name: str | None) -> Price | None:
        """The price of an answer given in this service tier; None where only the ordinary one is known."""
        if name in ORDINARY_SERVICE_TIERS:
            return self
        return next((price for tier, price in self.service_tiers if tier == name), None)

    def in_regions(self, factors: Mapping[str, Fraction]) -> Price:
        """The same, knowing what an answer costs in regions: so many times as much, whatever its tokens are."""
        named = tuple((REGION + name, self.times(factor)) for name, factor in factors.items())
        tiers = tuple(replace(tier, price=tier.price.in_regions(factors)) for tier in self.tiers)
        return replace(self, tiers=tiers, service_tiers=(*self.service_tiers, *named))

    def with_service_tier(self, name: str, factor: Fraction) -> Price:
        """The same, knowing what an answer costs in such a tier: so many times as much."""
        tiers = tuple(replace(tier, price=tier.price.with_service_tier(name, factor)) for tier in self.tiers)
        return replace(self, tiers=tiers, service_tiers=(*self.service_tiers, (name, self.times(factor))))

    def times(self, factor: Fraction) -> Price:
        """Every price per token so many times as high, rounded up."""

        def dearer(price: int | None) -> int | None:
            return None if price is None else math.ceil(price * factor)

        return Price(
            input=math.ceil(self.input * factor),
            output=math.ceil(self.output * factor),
            cached=dearer(self.cached),
            cache_write=dearer(self.cache_write),
            cache_write_1h=dearer(self.cache_write_1h),
            reasoning=dearer(self.reasoning),
            request=self.request,
            tiers=tuple(replace(tier, price=tier.price.times(factor)) for tier in self.tiers),
            audio_input=dearer(self.audio_input),
            audio_output=dearer(self.audio_output),
        )

    def at(self, input_tokens: int) -> Price:
        """The price of an answer with this much input, cached or not."""
        applicable = self
        for tier in self.tiers:
            if input_tokens > tier.above:
                applicable = tier.price
        return applicable


@dataclass(frozen=True, slots=True)
class PriceTier:
    """The price of an answer whose input is longer than `above` tokens: of all its tokens, not only those above."""

    above: int
    price: Price


FREE = Price(input=0, output=0, cached=0)


def cost(usage: Usage, price: Price | None) -> int:
    """Cost of an answer in picodollars; 0 where the price is unknown (the sample is then marked unpriced)."""
    if price is None:
        return 0
    applicable = (price.in_service_tier(usage.service_tier) or price).at(usage.input_tokens)
    return _input_cost(usage, applicable) + _output_cost(usage, applicable) + applicable.request


def cost_at_most(input_tokens: int, output_tokens: int, price: Price) -> int:
    """The most that an answer of up to these sizes can cost, whatever the provider caches or calls reasoning."""
    if not price.tiers:
        return _dearest(input_tokens, output_tokens, price)
    return max(_dearest(input_tokens, output_tokens, each) for each in _reachable(input_tokens, price))


def output_within(money: int, input_tokens: int, price: Price, at_most: int) -> int:
    """How many output tokens, up to `at_most`, can be paid with `money` (picodollars) in the worst case; negative where
    not even the input can."""
    if not price.tiers:
        return _paid_output(money, input_tokens, price, at_most)
    return min(_paid_output(money, input_tokens, each, at_most) for each in _reachable(input_tokens, price))


def estimated_cost(input_tokens: int, output_tokens: int, price: Price | None) -> int:
    """`cost` of plain tokens, none of them cached or reasoning; 0 where the price is unknown."""
    if price is None:
        return 0
    applicable = price.at(input_tokens) if price.tiers else price
    return input_tokens * applicable.input + output_tokens * applicable.output + applicable.request


def _input_cost(usage: Usage, price: Price) -> int:
    cached = min(usage.cached_tokens, usage.input_tokens)
    written = min(usage.cache_write_tokens, usage.input_tokens - cached)
    written_1h = min(usage.cache_write_1h_tokens, written)
    fresh = usage.input_tokens - cached - written
    cached_price = price.input if price.cached is None else price.cached
    write_price = price.input if price.cache_write is None else price.cache_write
    write_1h_price = write_price if price.cache_write_1h is None else price.cache_write_1h
    written_cost = (written - written_1h) * write_price + written_1h * write_1h_price
    audio = 0 if price.audio_input is None else min(usage.audio_input_tokens, fresh)
    fresh_cost = (fresh - audio) * price.input + audio * (price.audio_input or 0)
    return fresh_cost + cached * cached_price + written_cost


def _output_cost(usage: Usage, price: Price) -> int:
    reasoning = 0 if price.reasoning is None else min(usage.reasoning_tokens, usage.output_tokens)
    audio = 0 if price.audio_output is None else min(usage.audio_output_tokens, usage.output_tokens - reasoning)
    text_cost = (usage.output_tokens - reasoning - audio) * price.output
    return text_cost + reasoning * (price.reasoning or 0) + audio * (price.audio_output or 0)


def _reachable(input_tokens: int, price: Price) -> tuple[Price, ...]:
    """The prices that an answer with up to this much input may have."""
    return (price, *(tier.price for tier in price.tiers if input_tokens > tier.above))


def _dearest(input_tokens: int, output_tokens: int, price: Price) -> int:
    return input_tokens * price.dearest_input + output_tokens * price.dearest_output + price.request


def _paid_output(money: int, input_tokens: int, price: Price, at_most: int) -> int:
    left, per_token = money - _dearest(input_tokens, 0, price), price.dearest_output
    if left < 0:
        return -1
    return min(at_most, left // per_token) if per_token else at_most
