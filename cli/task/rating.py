"""`xmh task rate`: what whoever raised a matter says of its answer."""

from typing import Annotated

import typer

from cli.answering import tell_one
from cli.asking import MatterArg, TextOption, need_option, typed_term
from cli.lookup import the_matter
from cli.sending import send_orders, task_order
from cli.session import session
from domain.commands import RateMatter
from domain.facts import is_sealed
from domain.matter import Matter
from domain.terms import Satisfaction
from eventlog import reading


def rate(
    matter: MatterArg,
    asker: Annotated[str | None, typer.Option("--asker", metavar="NAME", help="哪位提出人的评价")] = None,
    rating: Annotated[
        str | None, typer.Option("--rating", metavar="满意|基本满意|不满意", help="对答复是否满意")
    ] = None,
    text: TextOption = None,
) -> None:
    """登记提出人的满意度；不满意的自动转为再办，只认立项时登记的提出人。"""
    target = the_matter(matter)
    command = RateMatter(
        by=need_option(asker, "--asker", "提出人"),
        satisfaction=typed_term(Satisfaction, need_option(rating, "--rating", "满意度"), "--rating"),
        text=text,
    )
    loaded = reading.load(session.database, target.stream)
    state = loaded.state if loaded else None
    if isinstance(state, Matter) and state.origin and any(map(is_sealed, state.origin.askers)):
        # Who raised it was sealed, so his name is compared sealed: the same words under a key give the same cipher.
        session.secret = True
    tell_one(send_orders([task_order(target.stream, command)])[0])
