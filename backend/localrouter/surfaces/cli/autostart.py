"""The verb `autostart`: LocalRouter starts by itself when its user logs in, as a systemd user service."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterator
from contextlib import suppress

from localrouter.domain.configuration.document import reading
from localrouter.domain.errors import Refusal, Unavailable
from localrouter.private_files import read_file
from localrouter.services.instance.home import Home
from localrouter.services.instance.lock import running
from localrouter.shell_command import absolute_command
from localrouter.surfaces.cli.user_service import NAME, Service, program_of, unit_text

KEPT_VARIABLES = ("LOCALROUTER_SECRETS",)  # settings of the program that a service would not get from the shell
FROM_ENVIRONMENT = "env:"

Say = Callable[[str], None]


def autostart(wish: str, home: Home, say: Say) -> None:
    """Do what the user wishes: `on`, `off`, or `status`."""
    service = Service.of(os.environ)
    match wish:
        case "on":
            _turn_on(service, home, say)
        case "off":
            _turn_off(service, home, say)
        case _:
            _show(service, home, say)


def _turn_on(service: Service, home: Home, say: Say) -> None:
    if home.is_demo:
        raise Unavailable("A demo's home is deleted when the demo ends, so it cannot start by itself.")
    if service.systemctl is None:
        raise Unavailable(
            "This system has no systemd (there is no systemctl), so there is no user service. Have your desktop or "
            f"your init system start this instead: {shlex.join(_command(home))}"
        )
    if service.exists and service.written() is None:
        raise Unavailable(f"{service.unit} was not written by autostart, so it stays as it is. Move it away first.")
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if os.environ.get(name)}
    service.write(unit_text(_command(home), kept))
    has_instance, said = service.ask("daemon-reload")
    if has_instance:
        service.do("enable", NAME)
    else:
        service.enable_by_link()
    say(f"LocalRouter starts when you log in, with the home {home.shown}: {service.unit}")
    if not has_instance:
        say(f"No systemd user instance answers here ({said.rstrip('.')}).")
        say("The service starts when one does: at your next login, if this system runs systemd.")
    elif running(home.root) is not None:
        say("It is running already, and the service takes over at your next login.")
    else:
        service.do("start", NAME)
        say(f"It was started just now. Its log: journalctl --user -u {NAME.removesuffix('.service')}")
    say("To start it at boot, before anybody logs in: loginctl enable-linger")
    for variable in _variables(home):
        say(f"A service does not see your shell's {variable}: name it in a file of ~/.config/environment.d as well.")


def _turn_off(service: Service, home: Home, say: Say) -> None:
    if not service.exists:
        say("LocalRouter does not start by itself: there is nothing to turn off.")
        return
    if service.written() is None:
        raise Unavailable(f"{service.unit} was not written by autostart, so it stays as it is.")
    service.ask("disable", NAME)  # removing the link is all that it does, and `remove` makes sure of that
    service.remove()
    service.ask("daemon-reload")
    say(f"LocalRouter no longer starts when you log in; {service.unit} is gone.")
    if running(home.root) is not None:
        say(f"It keeps running for now. To stop it: {home.shell_command('stop')}")


def _show(service: Service, home: Home, say: Say) -> None:
    written = service.written() if service.exists else None
    if not service.exists:
        state = "no unit"
    elif written is None:
        state = "not written by autostart"
    else:
        state = "written by autostart"
    say(f"unit     {service.unit} ({state})")
    is_reached, said = service.ask("is-enabled", NAME)
    is_active, activity = service.ask("is-active", NAME)
    say(f"enabled  {_answer(is_reached or service.link.is_symlink(), said)}")
    say(f"running  {_answer(is_active, activity)}")
    owner = running(home.root)
    if owner is not None:
        say(f"LocalRouter runs at {owner.url} with the home {home.shown} (process {owner.pid}).")
    if written is not None:
        program = program_of(written)
        if program is not None and not program.exists():
            say(f"Problem: {program} no longer exists. Write the unit again: {home.shell_command('autostart on')}")


def _answer(is_so: bool, said: str) -> str:
    return f"{'yes' if is_so else 'no'} ({said})"


def _command(home: Home) -> tuple[str, ...]:
    return (*absolute_command(), "serve", "--home", str(home.root))


def _variables(home: Home) -> Iterator[str]:
    """The environment variables that providers' keys come from, as far as the configuration can be read."""
    with suppress(OSError, Refusal):
        providers = reading(read_file(home.config)).config.providers
        secrets = {each.secret for each in providers if each.secret and each.secret.startswith(FROM_ENVIRONMENT)}
        yield from sorted(secret.removeprefix(FROM_ENVIRONMENT) for secret in secrets)
