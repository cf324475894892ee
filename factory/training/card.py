"""The card of a trained model, from what training.json says; no number is made up here."""

import platform
from typing import Any

from factory import markdown
from factory.licence.book import book
from factory.licence.notice import NO_ADVICE
from factory.manifest import PACKAGE, version_of
from factory.training.finished import Finished

_LIBRARIES = ("torch", "transformers", "trl", "accelerate", "datasets")


def versions(tune: str) -> dict[str, str]:
    """The versions that took part."""
    names = (PACKAGE, *_LIBRARIES, *(("peft",) if tune != "full" else ()))
    return {"python": platform.python_version()} | {name: version_of(name) for name in names}


def model_card(done: Finished, description: str) -> str:
    """The card: YAML front matter for the Hub, then the page."""
    return markdown.template("model_card.md.j2", decimal=_decimal).render(
        m=done,
        description=description,
        front_matter=markdown.yaml(front_matter(done)),
        recipe=markdown.yaml(done.settings),
        no_advice=NO_ADVICE,
    )


def front_matter(done: Finished) -> dict[str, Any]:
    """What the Hub reads of a model's card."""
    known = book().licence(done.license)
    licence: dict[str, Any] = {"license": done.license}
    if done.license == "other" or not known.hub:
        licence = {"license": "other", "license_name": "-and-".join(done.licenses), "license_link": "README.md"}
    task = {"reward": "text-classification"}.get(str(done.settings["use"]), "text-generation")
    base = str(done.settings["model"]["source"])
    hub = {"base_model": base} if done.model == f"{base}@{done.settings['model']['revision']}" else {}
    tags = ["trl", str(done.settings["use"]), "post-training-factory"]
    return {**licence, "library_name": "transformers", "pipeline_tag": task, **hub, "tags": tags}


def _decimal(value: float) -> str:
    return f"{value:.6g}"
