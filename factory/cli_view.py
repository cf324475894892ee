"""`factory view`: the rows of a dataset, and decisions on them, in a browser."""

from collections.abc import Sequence
from pathlib import Path

import click

from factory import cli_options as options


@click.command()
@click.argument("folders", metavar="DATASET [OTHER]", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--port", type=click.IntRange(0, 65535), help="The default is 8765, or a free one where that is taken; 0: any."
)
@click.option("--open", "browser", is_flag=True, help="Open it in the browser.")
def view(folders: Sequence[Path], port: int | None, browser: bool) -> None:
    """Look at DATASET in a browser: its rows, what was dropped and why; accept, reject and edit rows.

    A run under way can be followed. With OTHER, both are shown, and compared. Only this machine can reach the
    pages; decisions are kept in <DATASET>.reviews.sqlite. Ctrl-C ends it.
    """
    from factory.errors import RecipeError
    from factory.viewing.web.serve import serve

    if len(folders) > 2:
        raise RecipeError(f"{len(folders)} datasets are too many to look at; give one, or two to compare them")
    names = " and ".join(map(str, folders))
    serve(
        folders,
        port,
        lambda address: click.echo(options.plain(f"{address}  shows {names}; ctrl-C ends it")),
        browser=browser,
    )
