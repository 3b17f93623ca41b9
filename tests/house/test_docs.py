"""The pages tell the truth: every link leads somewhere, every quoted command exists with the options quoted."""

import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Protocol

import pytest
import typer.main
import yaml


class Parameter(Protocol):
    """What is read of an option; typer carries a click of its own, whose types have no public name."""

    @property
    def opts(self) -> Sequence[str]: ...
    @property
    def secondary_opts(self) -> Sequence[str]: ...


class Command(Protocol):
    @property
    def name(self) -> str | None: ...
    @property
    def params(self) -> Sequence[Parameter]: ...
    def __hash__(self) -> int: ...


ROOT = Path(__file__).parents[2]
NOT_OURS = {".venv", ".git", ".xmh", ".xmh-demo", "build", "dist", ".pytest_cache", "node_modules"}
PAGES = sorted(page for page in ROOT.rglob("*.md") if NOT_OURS.isdisjoint(page.relative_to(ROOT).parts))

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
FENCE = re.compile(r"^\s*(?:```|~~~)")
INLINE = re.compile(r"`([^`\n]+)`")
COMMAND = re.compile(r"^(?:\$\s+)?(?:[A-Z_]+=\S+\s+)*(?:\.venv/bin/)?xmh(?:\s+(.*))?$")
SHELL_ENDS_HERE = {"|", "||", "&&", "&", ";", ">", ">>", "<", "2>"}
ELLIPSIS = {"…", "..."}


def dead_links(page: Path) -> list[str]:
    """Relative link targets of a page that do not exist."""
    targets = (target.partition("#")[0] for target in LINK.findall(page.read_text(encoding="utf-8")))
    return [
        target
        for target in targets
        if target and not re.match(r"[a-z]+:", target) and not (page.parent / target).exists()
    ]


def quoted_commands(text: str) -> Iterator[str]:
    """What follows `xmh` in every fenced line and every inline quotation; a line ending in a backslash goes on."""
    fenced = False
    pieces: list[str] = []
    for line in text.replace("\\\n", " ").splitlines():
        if FENCE.match(line):
            fenced = not fenced
        elif fenced:
            pieces.extend(re.split(r"\s(?:&&|\|\|?|;)\s", line))
        else:
            pieces.extend(INLINE.findall(line))
    for piece in pieces:
        if found := COMMAND.match(piece.strip()):
            yield (found.group(1) or "").strip()


def words_of(command: str) -> Iterator[str]:
    try:
        words = shlex.split(command, comments=True)
    except ValueError:  # an apostrophe in prose
        words = command.split()
    for word in words:
        if word in SHELL_ENDS_HERE:
            return
        if word not in ELLIPSIS:
            yield word.removesuffix("…").strip("[]")


def problem_with(words: Iterator[str], command: Command) -> str | None:
    """Why this quotation is no command of the program; None when it is one."""
    options: dict[str, Parameter] = {}

    def learn(of: Command) -> None:
        options.update({name: param for param in of.params for name in (*param.opts, *param.secondary_opts)})

    learn(command)
    for word in words:
        name, equals, _ = word.partition("=")
        if name.startswith("-") and name not in {"-", "--", "--help"}:
            if name not in options:
                return f"no option {name} on {command.name or 'xmh'}"
            if not equals and not getattr(options[name], "is_flag", False):
                next(words, None)
        elif (commands := subcommands(command)) is not None:
            if word not in commands:
                return f"no command {word!r} under {command.name or 'xmh'}"
            command = commands[word]
            learn(command)
    return None


@cache
def subcommands(command: Command) -> dict[str, Command] | None:
    """The commands of a group, those that load lazily too; None for a single command."""
    names = getattr(command, "list_commands", None)
    get: Callable[[None, str], Command] | None = getattr(command, "get_command", None)
    return {name: get(None, name) for name in names(None)} if names and get else None


def every_command(command: Command, path: str = "xmh") -> Iterator[tuple[str, Command]]:
    """All commands with the words that lead to them."""
    yield path, command
    for name, found in (subcommands(command) or {}).items():
        yield from every_command(found, f"{path} {name}")


@cache
def program() -> Command:
    from cli.main import app

    return typer.main.get_command(app)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file(page: Path) -> None:
    assert dead_links(page) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_quoted_command_exists(page: Path) -> None:
    quoted = list(quoted_commands(page.read_text(encoding="utf-8")))
    if not quoted:
        return
    command = program()
    problems = {f"xmh {quote}": why for quote in quoted if (why := problem_with(words_of(quote), command))}
    assert problems == {}


def test_the_pictures_of_the_manual_are_few_small_and_all_shown() -> None:
    docs = ROOT / "docs"
    pictures, manual = list((docs / "pictures").iterdir()), (docs / "使用手册.md").read_text(encoding="utf-8")
    assert 0 < sum(picture.stat().st_size for picture in pictures) <= 400 * 1024
    assert all(f"(pictures/{picture.name})" in manual for picture in pictures)


def test_what_the_deployment_starts_exists() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"].values()
    started = [shlex.join(service["command"]) for service in services if "build" in service and "command" in service]
    for unit in (ROOT / "deploy").glob("*.service"):
        started += re.findall(r"^ExecStart=\S+/xmh (.*)$", unit.read_text(), re.MULTILINE)
    assert len(started) == 7
    command = program()
    problems = {start: why for start in started if (why := problem_with(words_of(start), command))}
    assert problems == {}


def test_every_command_and_every_option_is_explained_in_chinese() -> None:
    silent = []
    for path, command in every_command(program()):
        for what, text in [
            ("", getattr(command, "help", "")),
            *((p.opts[0], getattr(p, "help", "")) for p in command.params),
        ]:
            if what != "--help" and not re.search(r"[\u4e00-\u9fff]", text or ""):
                silent.append(f"{path} {what}".strip())
    assert silent == []


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("[here](page.md#top) [away](https://example.org/x) ![gone](pictures/gone.png)")
    assert dead_links(page) == ["pictures/gone.png"]


def test_a_wrong_command_or_option_is_found() -> None:
    app = typer.Typer()
    task = typer.Typer()
    app.add_typer(task, name="task")

    @task.command("open")
    def open_(title: str = "", json: bool = False) -> None: ...

    @task.command("list")
    def list_() -> None: ...

    text = (
        "Try `xmh task open --title 'a b' --json`, not `xmh task opne`.\n"
        "```sh\n$ XMH_HOME=x .venv/bin/xmh task open --titel x | jq .\nxmh task list --json  # no such option\n```\n"
    )
    command: Command = typer.main.get_command(app)
    assert [problem_with(words_of(quote), command) for quote in quoted_commands(text)] == [
        None,
        "no command 'opne' under task",
        "no option --titel on open",
        "no option --json on list",
    ]


def test_each_decision_has_a_number_of_its_own() -> None:
    numbers = [page.name[:3] for page in (ROOT / "docs" / "decisions").glob("[0-9]*.md")]
    assert len(numbers) > 30
    assert sorted(set(numbers)) == sorted(numbers)
