"""What tokens cost. Money is integer picodollars (10⁻¹² USD) from here on, so sums are exact."""

from __future__ import annotations

from dataclasses import dataclass

from localrouter.domain.chat import Usage

PICODOLLARS = 1_000_000_000_000


def picodollars_per_token(usd_per_million: float) -> int:
    """A list price in USD per million tokens as picodollars per token."""
    return round(usd_per_million * 1_000_000)


def to_usd(picodollars: int) -> float:
    return picodollars / PICODOLLARS


def from_usd(usd: float) -> int:
    return round(usd * PICODOLLARS)


@dataclass(frozen=True, slots=True)
class Price:
    """Picodollars per token. `cached` is the price of input that the provider had in its cache."""

    input: int
    output: int
    cached: int | None = None

    @property
    def is_free(self) -> bool:
        return self.input == 0 and self.output == 0


FREE = Price(input=0, output=0, cached=0)


def cost(usage: Usage, price: Price | None) -> int:
    """Cost of an answer in picodollars; 0 where the price is unknown (the sample is then marked unpriced)."""
    if price is None:
        return 0
    cached = min(usage.cached_tokens, usage.input_tokens)
    cached_price = price.input if price.cached is None else price.cached
    fresh = usage.input_tokens - cached
    return fresh * price.input + cached * cached_price + usage.output_tokens * price.output
