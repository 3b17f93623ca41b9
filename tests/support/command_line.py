"""The command line in this process: a fresh session for each call, its exit code and what it said."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from cli.main import _code
from cli.session import Session, session


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """The one line a person sees when it fails."""
        lines = self.err.strip().split("\n")
        assert len(lines) == 1, self.err
        assert "Traceback" not in self.err
        return lines[0]


class CommandLine:
    """`xmh` on one home."""

    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Work on this home."""
        self.home = home
        self._capsys = capsys

    def __call__(self, *arguments: str | Path, actor: str = "office") -> Said:
        """Run one command as this person."""
        forget_session()
        self._capsys.readouterr()
        # What a run leaves in the environment is gone with its process.
        with mock.patch.dict(os.environ, {"XMH_HOME": str(self.home), "XMH_ACTOR": actor}):
            code = _code([*map(str, arguments), "--home", str(self.home), "--as", actor])
        forget_session()
        streams = self._capsys.readouterr()
        return Said(code, streams.out, streams.err)

    def json(self, *arguments: str | Path, actor: str = "office", code: int = 0) -> Any:
        """The document of a command that ends with this code."""
        result = self(*arguments, "--json", actor=actor)
        assert result.code == code, result
        assert result.err == ""
        return result.json


def forget_session() -> None:
    """What one run of `xmh` knows, the next must find out for itself."""
    database = session.__dict__.get("database")
    if database is not None:
        database.close()
    session.__dict__.clear()
    session.__dict__.update(vars(Session()))
