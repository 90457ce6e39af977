"""What a request will probably use, from what earlier ones did."""

from __future__ import annotations

from localrouter.domain.conversation.request import Usage
from localrouter.domain.limits.account import Account, settled
from localrouter.domain.limits.averages import ABSENT_AVERAGE
from localrouter.domain.limits.demand import Demand, ReservedAmounts
from localrouter.domain.limits.rules import NO_RULES
from localrouter.domain.limits.windows import Amounts
from localrouter.domain.models.pricing import Price
from tests.limits import outcome

PRICE = Price(input=1_000, output=2_000)


def demand(at_least: int = 0) -> Demand:
    return Demand(at_least, PRICE, "openai/a")


def estimate(account: Account, asked: Demand) -> Amounts:
    hold = outcome(account.check(NO_RULES, asked))
    assert isinstance(hold, ReservedAmounts)
    return hold.expected


def test_an_absent_average_is_never_zero_and_a_known_one_is_used() -> None:
    account = Account()
    assert estimate(account, demand())[1:3] == ABSENT_AVERAGE
    account.add(0.0, settled(Usage(10, 5), 40_000), "openai/a")
    assert estimate(account, demand())[1:5] == (10, 5, 15, 40_000), "the average cost where it is higher"
    assert estimate(account, demand(at_least=50))[1:4] == (50, 5, 55), "never below the prompt's own lower bound"


def test_the_average_falls_back_to_the_last_day() -> None:
    account = Account()
    account.add(0.0, settled(Usage(10, 5), 0), None)
    account.advance(3_600.0)
    assert estimate(account, demand())[1:3] == (10, 5)
    account.advance(2 * 86_400.0)
    assert estimate(account, demand())[1:3] == ABSENT_AVERAGE


def test_what_strict_limits_count_in_doubt_moves_no_average() -> None:
    account = Account()
    account.add(0.0, settled(Usage(10, 5), 0), "openai/a")
    account.add(0.0, (0, 4_000, 4_000, 8_000, 9_000_000, 0), "openai/a")
    assert estimate(account, demand())[1:5] == (10, 5, 15, 20_000)
    account.advance(3_600.0)
    assert estimate(account, demand())[1:3] == (10, 5)


def test_the_average_cost_of_a_model_is_its_own_and_is_forgotten_with_its_day() -> None:
    account = Account()
    account.add(0.0, settled(Usage(10, 5), 90_000), "openai/a")
    account.add(5.0, settled(Usage(10, 5), 30_000), "openai/a")
    other = Demand(0, PRICE, "openai/b")
    assert (estimate(account, demand())[4], estimate(account, other)[4]) == (60_000, 20_000)
    account.advance(60.0)
    assert (estimate(account, demand())[4], estimate(account, other)[4]) == (60_000, 20_000)
    account.advance(2 * 86_400.0)
    assert estimate(account, demand())[4] == 700 * 1_000 + 300 * 2_000


def test_calls_of_one_second_count_each() -> None:
    account = Account()
    account.add(0.0, settled(Usage(10, 5), 90_000), "openai/a")
    account.add(0.5, settled(Usage(30, 15), 30_000), "openai/a")
    assert estimate(account, demand()) == (1, 20, 10, 30, 60_000, 0)


def test_a_price_that_was_changed_is_reckoned_with_at_once() -> None:
    account = Account()
    assert estimate(account, demand())[4] == 700 * 1_000 + 300 * 2_000
    dearer = Demand(0, Price(input=2_000, output=4_000), "openai/a")
    assert estimate(account, dearer)[4] == 700 * 2_000 + 300 * 4_000
    assert estimate(account, demand())[4] == 700 * 1_000 + 300 * 2_000
