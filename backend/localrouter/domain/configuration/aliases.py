"""What the bare names of a strategy stand for: one each, or all that begin alike (`claude-*`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from localrouter.domain.configuration.names import fold

ANY_END = "*"


@dataclass(frozen=True, slots=True)
class Aliases:
    """Aliases, indexed by folded name; `prefixes` have the longest first."""

    exact: Mapping[str, str]
    prefixes: tuple[tuple[str, str], ...]

    def target(self, name: str) -> str | None:
        """What a name stands for: the exact alias wins, then the longest prefix. A prefix leaves the name alone that it
        leads to, and names with a provider."""
        folded = fold(name)
        target = self.exact.get(folded)
        if target is not None or not self.prefixes or "/" in name:
            return target
        return next((to for prefix, to in self.prefixes if folded.startswith(prefix) and fold(to) != folded), None)

    def loops(self, name: str) -> bool:
        """Whether following an alias leads back to it. Loops elsewhere are those of other aliases."""
        start = fold(name)
        if start.endswith(ANY_END):
            start = fold(dict(self.prefixes).get(start.removesuffix(ANY_END), ""))
        passed: set[str] = set()
        at = start
        while at not in passed and (target := self.target(at)) is not None:
            passed.add(at)
            at = fold(target)
        return at == start and start in passed


def aliases_of(pairs: Iterable[tuple[str, str]]) -> Aliases:
    exact, prefixes = {}, {}
    for name, target in pairs:
        if name.endswith(ANY_END):
            prefixes[fold(name.removesuffix(ANY_END))] = target
        else:
            exact[fold(name)] = target
    longest_first = sorted(prefixes.items(), key=lambda pair: -len(pair[0]))
    return Aliases(MappingProxyType(exact), tuple(longest_first))
