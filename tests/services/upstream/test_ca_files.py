"""The authorities of a provider that has its own. `test_failure_messages` shows them trusted on real connections."""

from __future__ import annotations

import ssl
from pathlib import Path

from localrouter.services.upstream.ca_files import CaFiles
from tests.services.upstream.test_failure_messages import CERTIFICATES

AUTHORITY = (CERTIFICATES / "ca.pem").read_bytes()


def put(file: Path, content: bytes) -> None:
    """As programs that renew certificates do it."""
    new = file.with_name("new")
    new.write_bytes(content)
    new.replace(file)


def test_a_ca_file_is_read_once_and_again_once_it_was_changed(tmp_path: Path) -> None:
    files, file = CaFiles(), tmp_path / "ca.pem"
    put(file, AUTHORITY)
    first = files.trusting(str(file))
    assert isinstance(first, ssl.SSLContext)
    assert files.trusting(str(file)) is first
    put(file, b"no certificate")
    assert "contains no readable certificate" in str(files.trusting(str(file)))
    put(file, AUTHORITY)
    again = files.trusting(str(file))
    assert isinstance(again, ssl.SSLContext)
    assert again is not first


def test_a_file_that_is_missing_while_it_is_replaced_takes_nothing_away(tmp_path: Path) -> None:
    files, file = CaFiles(), tmp_path / "ca.pem"
    put(file, AUTHORITY)
    known = files.trusting(str(file))
    file.unlink()
    assert files.trusting(str(file)) is known
    assert "cannot be read" in str(CaFiles().trusting(str(file)))
