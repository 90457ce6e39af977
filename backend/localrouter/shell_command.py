"""The only place that says how a user types this program: commands in messages must work where they are read.

A checkout is run by `./scripts/run`, which passes how it was called in `LOCALROUTER_COMMAND`; an installed program is
`localrouter`. If somebody started the module by hand, commands are written to work from that folder.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

VARIABLE = "LOCALROUTER_COMMAND"
INSTALLED = "localrouter"
LONGEST = 300  # characters
_CHECKOUT = Path(__file__).parent.parent.parent
_STARTER = Path("scripts", "run")


def program(environment: Mapping[str, str] | None = None, started_as: str | None = None) -> str:
    """What to type in a shell instead of `localrouter`; quoted where the shell needs that.

    `started_as` is the file that Python was given (`sys.argv[0]`).
    """
    told = (os.environ if environment is None else environment).get(VARIABLE, "")
    if told and told.isprintable() and len(told) <= LONGEST:
        return told
    file = Path(sys.argv[0] if started_as is None else started_as)
    if file.name == INSTALLED:
        return INSTALLED if shutil.which(INSTALLED) else shlex.quote(str(file))
    if (_CHECKOUT / _STARTER).is_file():
        return _starter()
    return INSTALLED if shutil.which(INSTALLED) else f"{shlex.quote(sys.executable)} -m {INSTALLED}"


def absolute_command(started_as: str | None = None) -> tuple[str, ...]:
    """The words that start this program from any folder and without a shell, for others that are to start it."""
    file = Path(sys.argv[0] if started_as is None else started_as)
    if file.name == INSTALLED:
        return (os.path.abspath(file),)  # not resolved: a link of pipx stays when what it leads to moves
    if (_CHECKOUT / _STARTER).is_file():
        return (str(_CHECKOUT / _STARTER),)
    return (sys.executable, "-P", "-m", INSTALLED)


def _starter() -> str:
    try:
        is_here = Path.cwd() == _CHECKOUT
    except OSError:  # the folder that this process was started in is gone
        is_here = False
    return f"./{_STARTER}" if is_here else shlex.quote(str(_CHECKOUT / _STARTER))
