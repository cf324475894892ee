"""`factory report`: one page of pictures and samples of a finished dataset; `generate` and `gate` write it too."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from factory.cli_options import complain, plain
from factory.reporting import REPORT

if TYPE_CHECKING:
    from factory.pages.words import Language

language = click.option(
    "--language", type=click.Choice(["en", "ja"]), default="en", show_default=True, help="The language of the page."
)


@click.command()
@click.argument("folder", metavar="DATASET", type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="The file, instead of the folder's.")
@language
def report(folder: Path, out: Path | None, language: "Language") -> None:
    """Write the report of a finished DATASET: a page that needs nothing beside itself.

    It shows the way from made to kept, lengths, scores, what is asked for, diversity, duplicates, pairs, licences, and
    kept and dropped rows. The same dataset gives the same bytes.
    """
    from factory import columns

    columns.leave_pandas_out()
    from factory.reporting.page import write

    click.echo(plain(str(write(folder, out, language))))


def write_beside(folder: Path) -> None:
    """Write the report of a dataset that is finished into its folder, unless there is one.

    What goes wrong is one line on stderr: the dataset is complete without it.
    """
    if (folder / REPORT).exists():
        return
    try:
        from factory.reporting.page import write

        write(folder)
    except Exception as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        complain(plain(f"{folder / REPORT} could not be written ({what}); the dataset is complete without it"))
