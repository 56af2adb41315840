"""What the settings of a server allow, and what they refuse before anything is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from models.line import is_public
from models.protocols import ModelError
from models.server_settings import ServerSettings

URL = "https://double.company.example/v1"


@pytest.mark.parametrize(
    "url",
    [URL, "http://localhost:8000/v1", "http://127.0.0.1/v1", "http://192.168.1.20:8080/v1", "http://[fd00::1]:80/v1"],
)
def test_a_server_of_the_company_s_has_an_address(url: str) -> None:
    assert ServerSettings(url=url).address(Path()).host in url


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("double.company.example", "must begin with"),
        ("ftp://double.company.example/v1", "must begin with"),
        ("https:///v1", "must begin with"),
        ("https://me:secret@double.company.example/v1", "must hold no name or password"),
        ("https://double.company.example/v1?key=1", "must end with its path"),
        ("https://double.company.example/a b", "must end with its path"),
        ("https://double.company.example:70000/v1", "cannot be"),
        ("https://double..example/v1", "cannot be"),
        ("https://[::1/v1", "cannot be"),
        ("http://8.8.8.8/v1", "public address without TLS"),
        ("http://[2001:4860:4860::8888]/v1", "public address without TLS"),
    ],
)
def test_an_address_that_cannot_be_or_should_not_be_is_refused(url: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as caught:
        ServerSettings(url=url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"token_env": "A", "token_file": "b"}, "token_env and token_file"),
        ({"connect_timeout_s": 0}, "more than 0"),
        ({"answer_timeout_s": -1}, "more than 0"),
        ({"answer_timeout_s": 120}, "at most 30"),
        ({"voice_rate_hz": 24}, "voice_rate_hz"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        ServerSettings(url=URL, **settings)


def test_private_networks_are_not_public() -> None:
    assert [is_public(host) for host in ("10.0.0.1", "100.64.0.1", "::1", "::ffff:10.0.0.1", "gpu.local")] == [
        False
    ] * 5
    assert [is_public(host) for host in ("1.1.1.1", "::ffff:1.1.1.1")] == [True] * 2


def test_the_token_comes_from_the_environment_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOUBLE_TOKEN", "from-the-environment")
    (tmp_path / "token").write_text("from-a-file\n")
    assert ServerSettings(url=URL).token(tmp_path) == ""
    assert ServerSettings(url=URL, token_env="DOUBLE_TOKEN").token(tmp_path) == "from-the-environment"
    assert ServerSettings(url=URL, token_file="token").token(tmp_path) == "from-a-file"


@pytest.mark.parametrize(
    "content", [b"secret\r\nHost: elsewhere", b"", b"  \n", b"secret\xff\xfe", "secr\u00e9t".encode()]
)
def test_what_is_no_token_is_refused_and_never_repeated(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "token").write_bytes(content)
    with pytest.raises(ModelError, match="token") as caught:
        ServerSettings(url=URL, token_file="token").token(tmp_path)
    assert "secr" not in str(caught.value)


def test_a_token_that_is_not_there_is_told_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="environment variable NOBODY_SET_THIS holds no token"):
        ServerSettings(url=URL, token_env="NOBODY_SET_THIS").token(tmp_path)
    with pytest.raises(ModelError, match=r"token: there is no such file"):
        ServerSettings(url=URL, token_file="token").token(tmp_path)
    with pytest.raises(ModelError, match="cannot be read"):
        ServerSettings(url=URL, token_file=".").token(tmp_path)


def test_certificates_that_are_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "company.pem").write_text("a letter")
    with pytest.raises(ModelError, match="holds no certificates in PEM"):
        ServerSettings(url=URL, ca_file="company.pem").address(tmp_path)
    with pytest.raises(ModelError, match="there is no such file"):
        ServerSettings(url=URL, ca_file="missing.pem").address(tmp_path)


def test_a_server_needs_an_address() -> None:
    with pytest.raises(ModelError, match="needs a url"):
        ServerSettings().address(Path())
