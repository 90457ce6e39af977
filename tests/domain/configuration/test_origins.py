"""Which web origins an entry of the configuration means, and which entries are none."""

from __future__ import annotations

import pytest

from localrouter.domain.configuration.origins import exact_origins, is_origin, origin_patterns


@pytest.mark.parametrize(
    "entry",
    [
        *("https://app.example.com", "http://localhost:5173", "http://[::1]:80", "tauri://localhost", "file://"),
        *("app://obsidian.md", "vscode-file://vscode-app", "chrome-extension://abc", "capacitor://localhost"),
        *("http://localhost:*", "https://127.0.0.1:*", "http://[::1]:*", "vscode-webview://*", "app://*"),
    ],
)
def test_exact_origins_and_two_kinds_of_patterns_can_be_configured(entry: str) -> None:
    assert is_origin(entry)


@pytest.mark.parametrize(
    "entry",
    [
        *("null", "*", "localhost", "https://*", "http://*", "file://*", "https://*.example.com", "http://localhost*"),
        *("http://*:80", "http://local*:*", "vscode-webview://*:1", "vscode-webview://*/", "https://a.b/path", "://*"),
        *("https://user@host", "http://[::1:*", "vscode-webview://a*", "*://localhost", "http:// a", ""),
    ],
)
def test_what_would_let_in_strangers_cannot(entry: str) -> None:
    assert not is_origin(entry)


@pytest.mark.parametrize(
    ("entry", "matching", "foreign"),
    [
        (
            "http://localhost:*",
            [b"http://localhost", b"http://localhost:1", b"http://localhost:65535"],
            [b"https://localhost:1", b"http://localhost.evil.example", b"http://localhost:1.evil.example"],
        ),
        (
            "http://localhost:*",
            [],
            [b"http://localhost:", b"http://localhost:1/", b"http://evil.example/http://localhost"],
        ),
        ("http://[::1]:*", [b"http://[::1]:8"], [b"http://[::2]:8"]),
        (
            "vscode-webview://*",
            [b"vscode-webview://1b2c3d"],
            [
                b"vscode-webview://",
                b"xvscode-webview://a",
                b"vscode-webview://a/b",
                b"vscode-webview://a, null",
                b"null",
            ],
        ),
        ("app://*", [b"app://obsidian.md"], [b"app2://x", b"https://app://x"]),
    ],
)
def test_a_pattern_means_what_it_says(entry: str, matching: list[bytes], foreign: list[bytes]) -> None:
    pattern = origin_patterns([entry])
    assert pattern is not None
    assert all(map(pattern.fullmatch, matching))
    assert not any(map(pattern.fullmatch, foreign))
    assert exact_origins([entry]) == frozenset()


def test_entries_are_told_apart() -> None:
    entries = ["https://App.example/", "null", "http://localhost:*", "file://"]
    assert exact_origins(entries) == {b"https://app.example", b"file://"}
    assert origin_patterns(["https://app.example"]) is None
