"""The card of a model of random weights, and its description; its folder has neither, for nobody reads it there."""

from factory import markdown
from factory.licence.book import book
from factory.training.new_model import Made

RECIPE = "model.yaml"


def pages(made: Made) -> dict[str, bytes]:
    """README.md and model.yaml, from what model.json says."""
    licence = book().licence(made.license)
    named = {"license": made.license} if licence.hub else {"license": "other", "license_name": made.license}
    tags = ["post-training-factory", "random-weights", str(made.settings["architecture"])]
    facts = {**named, "library_name": "transformers", "pipeline_tag": "text-generation", "tags": tags}
    text = markdown.template("new_model.md.j2").render(m=made, licence=licence, front_matter=markdown.yaml(facts))
    return {
        "README.md": text.encode("utf-8", "replace"),
        RECIPE: markdown.yaml(made.settings).encode("utf-8", "replace"),
    }
