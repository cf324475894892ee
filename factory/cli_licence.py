"""`factory licence`: what licences come to, and which ones the factory knows."""

from collections.abc import Sequence
from pathlib import Path

import click

from factory import cli_options as options
from factory.cli_options import plain, print_json


@click.group()
def licence() -> None:
    """Explain what licences come to, or list those that are known. No legal advice."""


@licence.command()
@click.argument("targets", metavar="DATASET|RECIPE|NAME...", nargs=-1, required=True)
@options.changes
@options.as_json
def explain(targets: Sequence[str], changes: Sequence[str], as_json: bool) -> None:
    """Say what a DATASET folder or a RECIPE comes to: licence, duties, and which policy refuses what.

    Names of licences and models are joined: factory licence explain cc-by-sa-4.0 meta-llama/Llama-3.1-8B-Instruct
    """
    from factory.errors import RecipeError
    from factory.licence import explain as explaining

    path = Path(targets[0])
    if len(targets) > 1 or explaining.is_name(targets[0]):
        found = explaining.of_names(targets)
    elif path.is_dir():
        from factory.manifest import read_manifest

        found = explaining.of_dataset(read_manifest(path))
    elif path.is_file():
        from factory import recipe as recipes

        found = explaining.of_recipe(recipes.load(path, changes, refuse=False))
    else:
        raise RecipeError(f"{path}: there is no such file, folder, licence or model; see: factory licence list")
    if as_json:
        print_json(found.as_json())
    else:
        click.echo("\n".join(map(plain, found.lines())))


@licence.command(name="list")
@click.option("--models", is_flag=True, help="List which models are under what instead.")
@click.option("--codes", is_flag=True, help="List the reasons of refusals, and the policies that refuse for them.")
@options.as_json
def list_(models: bool, codes: bool, as_json: bool) -> None:
    """List the licences that the factory knows, or with --models under which ones models are."""
    from factory.licence import explain as explaining
    from factory.licence.book import book

    tables = book()
    if codes:
        found = explaining.codes()
        if as_json:
            print_json(found)
        else:
            click.echo("\n".join(f"{code}  {why}: {', '.join(policies)}" for code, (why, policies) in found.items()))
    elif as_json:
        entries = tables.models if models else tables.licences.values()
        print_json([entry.model_dump(mode="json") for entry in entries])
    else:
        click.echo("\n".join(explaining.listed_models(tables) if models else explaining.listed(tables)))
