"""What of a dataset is made when it is published: `croissant.json`, and the card in the language that is asked for."""

from dataclasses import replace

from factory import card, dataset, dataset_info
from factory.card import Language
from factory.errors import RecipeError
from factory.manifest import Manifest, read_manifest
from factory.publishing import croissant
from factory.publishing.bundle import CARD, Bundle, Wanted, identity


def with_pages(bundle: Bundle, url: str, language: Language | None) -> tuple[Bundle, tuple[str, ...]]:
    """The bundle with them, and what its publisher should know.

    Args:
        bundle: of a dataset, or of a model, which has no such files.
        url: where it will be.
        language: of the card; as it is in the folder where nothing is said.

    Raises:
        RecipeError: there is no card in that language.
    """
    if bundle.kind == "model":
        if language not in (None, "en"):
            raise RecipeError("cards of models are in English alone; leave out --language")
        return bundle, ()
    manifest = read_manifest(bundle.folder)
    made = {croissant.PATH: croissant.croissant(manifest, url)}
    remarks: tuple[str, ...] = ()
    if language is not None:
        said = (bundle.folder / CARD).read_bytes()
        if said not in (_card(bundle, manifest, "en"), _card(bundle, manifest, "ja")):
            remarks = (f"{bundle.folder / CARD} has other words than are made now; --language leaves them out",)
        made[CARD] = _card(bundle, manifest, language)
    files = bundle.files | {path: Wanted(content, identity(content)) for path, content in made.items()}
    return replace(bundle, files=dict(sorted(files.items()))), remarks


def _card(bundle: Bundle, manifest: Manifest, language: Language) -> bytes:
    samples = dataset.sample_of(bundle.folder, manifest, card.SAMPLES)
    unpacked = dataset_info.unpacked(bundle.folder, manifest)
    return card.render(manifest, samples, language, unpacked).encode("utf-8", "replace")
