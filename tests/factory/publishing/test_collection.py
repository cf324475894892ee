"""What is published can be put into a collection, once."""

import pytest

from factory.errors import DatasetError, FactoryError, RecipeError
from factory.publishing import collection
from factory.publishing.target import Target

TARGET = Target("me/sums", "dataset", "main")
SLUG = f"me/old-{'0' * 24}"


def test_a_title_makes_a_collection_once_and_puts_in_what_is_published_once(folder, publish, hub):
    first = publish(folder, collection="Sums of the house")
    again = publish(folder, collection="me/Sums of the house")
    ((slug, found),) = hub.collections.items()
    assert (first.collection, again.collection, again.committed) == (slug, slug, False)
    assert [(one["id"], one["type"]) for one in found["items"]] == [("me/sums", "dataset")]
    assert publish(folder, collection=slug).collection == slug


def test_a_slug_that_is_not_there_is_refused_before_anything_is_sent(folder, publish, hub):
    with pytest.raises(DatasetError, match=f"there is no collection {SLUG} on http"):
        publish(folder, collection=SLUG)
    assert not hub.repos


def test_a_dry_run_makes_no_collection(folder, publish, hub):
    assert publish(folder, collection="Sums", dry_run=True).collection == ""
    assert not hub.collections


def test_a_collection_of_others_is_refused_and_the_dataset_is_said_to_be_there(folder, publish, hub):
    with pytest.raises(FactoryError) as caught:
        publish(folder, collection="you/Sums")
    assert "datasets/me/sums is published, but not in the collection: the token of me may not make" in str(caught.value)
    assert caught.value.exit_code == 4
    assert "datasets/me/sums" in hub.repos


def test_a_busy_hub_is_asked_again(folder, publish, hub, servers):
    hub.fault("/api/collections", servers.status(503), times=2)
    hub.fault("/items", servers.LOST)
    assert publish(folder, collection="Sums").collection
    ((_, found),) = hub.collections.items()
    assert len(found["items"]) == 1


@pytest.mark.parametrize("text", ["", "  ", "me/", "x" * 60, "a\nb", "../x/y", "a b/c"])
def test_what_can_be_no_collection_is_refused(text):
    with pytest.raises(RecipeError):
        collection.wanted(text, TARGET)


def test_slugs_and_titles_are_told_apart():
    assert collection.wanted(SLUG, TARGET).slug == SLUG
    assert collection.wanted("Old sums", TARGET) == ("me", "Old sums", "")
    assert collection.wanted("lab/Old sums", TARGET) == ("lab", "Old sums", "")
