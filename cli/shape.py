"""How every command of `xmh` is shaped: the options all share, and sub-commands that load only when used.

A read must start in a third of a second, so a group names its commands without importing them.
"""

import re
import sys
from collections.abc import Callable
from copy import copy
from functools import cache
from importlib import import_module
from typing import Annotated, Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from cli.session import Exit, session
from domain.base import refuse
from domain.bounds import named, plausible_year, within_bounds
from eventlog.patience import lift_answer_limit


def _remember(name: str) -> Callable[[Any], Any]:
    def callback(value: Any) -> Any:
        if value not in (None, False):
            setattr(session, name, named(value) if name == "command_id" else value)
        return value

    return callback


def _option(*names: str, to: str, text: str, metavar: str | None = None) -> Any:
    return typer.Option(*names, help=text, metavar=metavar, expose_value=False, callback=_remember(to), is_eager=True)


def _params(command: Callable[..., None]) -> list[Any]:
    """The options of a command as Typer itself makes them: their classes are not the same in all its versions."""
    app = typer.Typer(add_completion=False)
    app.command()(command)
    return list(get_command(app).params)


def _sealing() -> list[Any]:
    """What every command has that sends words to a matter."""

    def sealing(
        secret: Annotated[
            bool, _option("--secret", to="secret", text="内容属工作秘密：加密后再提交（领导批示总是加密）")
        ] = False,
    ) -> None:
        del secret

    return _params(sealing)


def _shared() -> list[Any]:
    """The options every command has; a command's own copies."""
    return [copy(option) for option in _shared_options()]


@cache
def _shared_options() -> list[Any]:
    """Made once: `xmh`, the group and the command in it each take them."""
    option = _option

    def shared(
        home: Annotated[
            str | None,
            option("--home", to="home", text="数据目录（默认 ./.xmh，或环境变量 XMH_HOME）", metavar="DIR"),
        ] = None,
        config: Annotated[
            str | None,
            option("--config", to="config", text="配置文件（默认数据目录里的 xmh.toml）", metavar="FILE"),
        ] = None,
        headquarters: Annotated[
            str | None,
            option(
                "--headquarters",
                to="headquarters",
                text="哪个指挥部（代号；默认首个指挥部，或环境变量 XMH_HEADQUARTERS）",
                metavar="CODE",
            ),
        ] = None,
        acting: Annotated[
            str | None,
            option("--as", to="actor_id", text="以谁的身份办理（人员编号，默认 office）", metavar="PERSON_ID"),
        ] = None,
        for_person: Annotated[
            str | None,
            option("--for-person", to="for_person", text="代谁办理（须有该人的有效授权）", metavar="PERSON"),
        ] = None,
        as_json: Annotated[bool, option("--json", to="json", text="输出一个 JSON 文档")] = False,
        yes: Annotated[bool, option("--yes", "-y", to="yes", text="不再询问确认")] = False,
        command_id: Annotated[
            str | None,
            option(
                "--command-id",
                to="command_id",
                text="命令编号：服务没有答复时用同一编号重复，不会重复办理",
                metavar="ID",
            ),
        ] = None,
    ) -> None:
        del home, config, headquarters, acting, for_person, as_json, yes, command_id

    return _params(shared)


_CHINESE = {
    "Usage:": "用法：",
    "Options:": "选项：",
    "Arguments:": "参数：",
    "Commands:": "命令：",
    "[OPTIONS]": "[选项]",
    "COMMAND [ARGS]...": "命令 …",
    "Show this message and exit.": "显示本帮助",
    "[required]": "（必填）",
    "[default: ": "[默认 ",
}
"""What the parser says of itself, in the office's tongue."""


_TYPES = re.compile(r" <(str|int|float|path|list\[str\])>")
_NUMBER = re.compile(r"<(int|float) range>")
_AT_LEAST, _BETWEEN = re.compile(r"\[x>=(\d+)\]"), re.compile(r"\[(\d+)<=x<=(\d+)\]")
_BRACES = re.compile(r"\{([^{}]*)\}")


def _in_chinese(text: str) -> str:
    # The type of an argument and the braces around its name tell an office worker nothing.
    text = _TYPES.sub(lambda m: " " * len(m[0]), text)
    text = _NUMBER.sub(lambda m: "N".ljust(len(m[0])), text)
    text = _BETWEEN.sub(r"[\1 至 \2]", _AT_LEAST.sub(r"[不小于 \1]", text))
    usage, newline, rest = text.partition("\n")
    text = _BRACES.sub(r"\1", usage) + newline + rest
    for english, chinese in _CHINESE.items():
        text = text.replace(english, chinese)
    return text


TAKES_TIME = re.compile(
    r"cli\.(headquarters:add|city:(table|briefing|annual)|service\.commands:(up|down|worker|recover|migrate|doctor)"
    r"|service\.(keeping|web|upgrade)|simulate:(simulate|demo)|audit:verify|evidence|preflight|archive:(make|verify)"
    r"|plan\.(importing|drafting|table)|meeting\.papers|meeting\.reads:pack"
    r"|inspection\.printing:print_|assess\.(acts:open_|reads:print_)"
    r"|printing\.(briefing:(draft|edit|issue)|annex|correction|proof|annual|statement|papers:form|circular|templates))"
)
"""What is answered when it is done: services, lists with a progress bar, papers that are typeset, proofs over the whole
log. Every other command is answered within ten seconds."""


LEAD = "--lead"


class Command(TyperCommand):
    """A command with the options every command has."""

    takes_time = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Add the shared options after the command's own."""
        super().__init__(*args, **kwargs)
        self.params = [*self.params, *_shared()]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """What every number has to keep to is looked at here, once for all commands."""
        self._said_once(args)
        left = super().parse_args(ctx, args)
        for name, value in ctx.params.items():
            within_bounds(value if isinstance(value, int) else None)
            if name == "year" and isinstance(value, int):
                plausible_year(value)
        return left

    def _said_once(self, args: list[str]) -> None:
        """A second 牵头单位 is refused aloud where there can be one only: else it would silently win.

        Of other options the last one counts, as in every shell: scripts put their own after a common part.

        Raises:
            Refusal: `malformed`.
        """
        known = {name: param for param in self.params for name in (*param.opts, *param.secondary_opts)}
        seen: set[str] = set()
        waiting = iter(args)
        for word in waiting:
            if word == "--":
                return
            name, equals, _ = word.partition("=")
            param = known.get(name)
            if param is None or getattr(param, "is_flag", False):
                continue
            if not equals:
                next(waiting, None)
            single = name == LEAD and not getattr(param, "multiple", False)
            refuse(single and name in seen, f"牵头单位只能有一个，{name} 写了两次", "malformed")
            seen.add(name)

    def invoke(self, ctx: Any) -> Any:
        """Run it, within the time a person waits or within its own."""
        if self.takes_time:
            lift_answer_limit()
        return super().invoke(ctx)

    def get_help(self, ctx: Any) -> str:
        """The help page, headings too, in Chinese."""
        return _in_chinese(super().get_help(ctx))


class SealingCommand(Command):
    """A command whose words may be secret."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Add `--secret` after the command's own options."""
        super().__init__(*args, **kwargs)
        self.params = [*self.params, *_sealing()]


SEALING = re.compile(
    r"cli\.task\.(?!reads)|cli\.incoming\.(desk|leaders|assigning)|cli\.inspection\.finding|cli\.plan\.(importing|edited)|cli\.meeting\.(agenda|sitting:(decide|outcome))"
)
"""What sends words to matters, papers and inspections: modules, or commands of one."""


class Group(TyperGroup):
    """A group whose commands are imported when they are asked for.

    `lazy` maps a command's name to `module:attribute`, the attribute being a `typer.Typer` or a function.
    """

    lazy: ClassVar[dict[str, str]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take the shared options before the command's name too; the help names them at the commands only."""
        super().__init__(*args, **kwargs)
        early = _shared()
        for option in early:
            option.hidden = True
        self.params = [*self.params, *early]

    def get_help(self, ctx: Any) -> str:
        """The help page, headings too, in Chinese."""
        return _in_chinese(super().get_help(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As the parser does; a group alone shows its help, and ends as what is incomplete does."""
        if not args and not ctx.resilient_parsing:
            sys.stderr.write(f"{self.get_help(ctx)}\n")
            raise SystemExit(Exit.MALFORMED)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, in the order a person meets them."""
        return [*self.lazy, *super().list_commands(ctx)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command by name; its module is imported only now."""
        target = self.lazy.get(cmd_name)
        if target is None:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = target.partition(":")
        app = getattr(import_module(module), attribute)
        if isinstance(app, typer.Typer):
            if not (isinstance(app.info.cls, type) and issubclass(app.info.cls, Group)):
                app.info.cls = Group
            command = get_command(app)
        else:
            single = typer.Typer(add_completion=False, rich_markup_mode=None)
            single.command(cmd_name, cls=SealingCommand if SEALING.match(target) else Command)(app)
            command = get_command(single)
            command.takes_time = TAKES_TIME.match(target) is not None  # type: ignore[attr-defined]
        command.name = cmd_name
        return command


class MatterFirst(Group):
    """A group that takes the matter before the command's name as well: `point 7 add` and `point add 7`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command meant, the matter after its name."""
        names = self.list_commands(ctx)
        if len(args) > 1 and args[0] not in names and args[1] in names:
            args = [args[1], args[0], *args[2:]]
        return super().resolve_command(ctx, args)


class MakeFirst(Group):
    """A group whose first command need not be named: `archive 7 -o FILE` is `archive make 7 -o FILE`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As the parser does, the first command's name put before what names none."""
        names = self.list_commands(ctx)
        if args and not {*args} & {*names, "--help"}:
            args = [names[0], *args]
        return super().parse_args(ctx, args)


def _nothing_of_its_own() -> None:
    """Typer makes a group only of an application with a callback."""


def group(
    help_text: str,
    lazy: dict[str, str],
    kind: type[Group] = Group,
    options: Callable[..., None] = _nothing_of_its_own,
) -> typer.Typer:
    """A Typer application whose commands load lazily; `options` declares what the group itself takes."""
    cls = type("LazyGroup", (kind,), {"lazy": lazy})
    app = typer.Typer(
        cls=cls,
        help=help_text,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback(help=help_text)(options)
    return app
