import pytest

from factory.pipelines import references
from factory.pipelines.references import BadReference, Output

VALUES = {"sft": Output("sft"), "rows": 40, "judge": {"use": "vllm"}, "rounds/dpo": Output("rounds/2/dpo")}


def test_a_whole_value_is_a_reference_and_a_part_of_a_text_is_not():
    value = {"model": "$sft", "count": "$rows", "models": {"judge": "$judge"}, "more": ["$rounds/dpo", "a $sft", 7]}
    found = references.resolved(value, VALUES.__getitem__)
    assert found["count"] == 40
    assert found["models"] == {"judge": {"use": "vllm"}}
    assert found["more"] == [Output("rounds/2/dpo"), "a $sft", 7]
    assert list(references.outputs(found)) == ["sft", "rounds/2/dpo"]
    assert references.filled(found, lambda stage: f"/out/{stage}")["model"] == "/out/sft"


def test_two_dollar_signs_are_one_that_refers_to_nothing():
    assert references.resolved("$$sft", VALUES.__getitem__) == "$sft"
    assert references.resolved("$$", VALUES.__getitem__) == "$"


@pytest.mark.parametrize("text", ["$", "$5", "$Sft", "$sft/", "$sft.model", "$a/b/c/d", "$x + 1$", "$sft "])
def test_a_text_that_begins_with_one_dollar_sign_and_is_no_name_is_refused(text):
    with pytest.raises(BadReference, match=r"is no reference such as \$sft; write \$\$"):
        references.resolved([text], VALUES.__getitem__)
