"""`factory new-model`: a model of random weights, to be trained."""

from collections.abc import Sequence
from pathlib import Path

import click

from factory import cli_options as options
from factory.cli_options import plain, print_json

EXAMPLES = """\b
A tiny.yaml:
  architecture: llama
  name: tiny
  license: apache-2.0    # yours to choose
  layers: 4
  hidden_size: 128
  heads: 4
\b
Example:
  factory new-model tiny.yaml -o out/tiny
"""


@click.command(name="new-model", epilog=EXAMPLES)
@options.recipe
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="The model's folder.")
@options.changes
@options.as_json
@options.quiet
def new_model(recipe: Path, out: Path, changes: Sequence[str], as_json: bool, quiet: bool) -> None:
    """Make a model of random weights, which knows nothing and can be trained.

    Its tokenizer writes any text byte by byte. Good for trying a pipeline whole on a CPU, and for beginning at zero.
    """
    from factory.training import new_model as models

    made = models.new_model(out, models.load(recipe, changes))
    if as_json:
        print_json(made.model_dump(mode="json"))
    elif not quiet:
        click.echo(plain(f"{out}: {made.parameters:,} random weights under {made.license}"))


def checked(recipe: Path, changes: Sequence[str]) -> str:
    """What `factory check` says of a model's description that is good.

    Raises:
        RecipeError: it is wrong.
    """
    from factory.training import new_model as models

    settings = models.load(recipe, changes)
    return f"{recipe}: good; {settings.architecture} of {settings.layers} layers is called {settings.name}"
