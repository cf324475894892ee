"""`factory publish`: a finished dataset or model on the Hub, in one commit."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from factory import cli_options as options
from factory.cli_options import complain, plain, print_json

if TYPE_CHECKING:
    from factory.card import Language
    from factory.publishing.publish import Published

EXAMPLES = """\b
Examples:
  factory publish out/math me/math-problems --dry-run
  factory publish out/math me/math-problems --private --tag v1
  factory publish out/math me/math-problems --language ja --collection "Math in Japanese"
  factory publish out/dpo me/tiny-dpo --revision candidate
"""


@click.command(epilog=EXAMPLES)
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("repo", metavar="NAMESPACE/NAME")
@click.option("--private", is_flag=True, help="Make a new repository private.")
@click.option("--revision", default="main", metavar="BRANCH", show_default=True, help="Write to this branch.")
@click.option("--tag", default="", metavar="TAG", help="Give the commit this name.")
@click.option("--dry-run", is_flag=True, help="Check everything, print what would change, and change nothing.")
@click.option("--include-rejects", is_flag=True, help="Publish dropped rows, sampled answers and the report too.")
@click.option("--language", type=click.Choice(["en", "ja"]), help="Publish the dataset's card in this language.")
@click.option(
    "--collection", default="", metavar="TITLE", help="Add it to this collection: a title, NAMESPACE/TITLE or slug."
)
@click.option("--resume", is_flag=True, help="Go on with a publish that was begun, and begin none.")
@options.as_json
@options.quiet
def publish(
    folder: Path,
    repo: str,
    private: bool,
    revision: str,
    tag: str,
    dry_run: bool,
    include_rejects: bool,
    language: "Language | None",
    collection: str,
    resume: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Publish the finished dataset or model in FOLDER as NAMESPACE/NAME on the Hub.

    Login, manifest, licence and secrets are checked first. What is large is sent, then one commit is made, so that
    nobody reads half a dataset; files that are there are not sent again. What people wrote into the card on the Hub
    stays. The same command goes on where an interrupted one stopped, and does nothing where all is there.
    """
    from factory.publishing.publish import Wishes
    from factory.publishing.publish import publish as published

    wishes = Wishes(
        repo,
        private,
        revision,
        tag,
        include_rejects,
        language=language,
        collection=collection,
        resume=resume,
        dry_run=dry_run,
    )
    done = published(folder, wishes, (lambda line: None) if quiet else (lambda line: complain(plain(line))))
    if as_json:
        print_json(done.as_json)
        return
    if dry_run:
        click.echo(plain_lines(done.plan.lines()))
    click.echo(plain(_sentence(done, dry_run=dry_run)))


def plain_lines(lines: list[str]) -> str:
    """The lines without what a terminal would obey."""
    return "\n".join(map(plain, lines))


def _sentence(done: "Published", *, dry_run: bool) -> str:
    plan, names = done.plan, f", tag {done.tag}" if done.tag else ""
    names += f", in the collection {done.collection}" if done.collection else ""
    if plan.nothing:
        return f"{done.url}: unchanged, {len(plan.unchanged):,} files{names}"
    size = sum(plan.added.values()) + sum(plan.changed.values())
    counts = f"{len(plan.added):,} files added, {len(plan.changed):,} changed, {len(plan.removed):,} removed, "
    counts += f"{len(plan.unchanged):,} unchanged; {size:,} bytes"
    if dry_run:
        return f"{done.url}: would have {counts}"
    return f"{done.url}: {counts} in one commit, {done.commit[:12]}{names}"
