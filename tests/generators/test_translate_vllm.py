"""A small model that has learnt a few translations by heart, in vLLM: what it learnt wrong is caught with a reason."""

import importlib
import json
import sys
from pathlib import Path

import pytest

from factory import dataset, pipeline
from factory import recipe as recipes
from factory.row import Message

ROOT = Path(__file__).parents[2]
RIGHT = {
    "Why is the sky blue?": "空はなぜ青いのですか。",
    "Air scatters blue light more than red light.": "空気は赤い光よりも青い光を多く散らします。",
    "Write a poem about the rain.": "雨についての詩を書いてください。",
    "The rain sings on the roof of the old school.": "古い学校の屋根の上で雨が歌っています。",
    "What do bees eat in winter?": "ミツバチは冬に何を食べますか。",
    "Bees eat the honey that they made in summer.": "ミツバチは夏に作った蜂蜜を食べます。",
    "Tell me how long tea has to draw.": "お茶をどのくらい蒸らせばよいか教えてください。",
    "Green tea is ready after ⟦0⟧ of an hour.": "緑茶は⟦0⟧時間で飲み頃になります。",
    "Who was the first to walk on the moon?": "最初に月面を歩いたのは誰ですか。",
}
WRONG = {
    "Neil Armstrong walked on the moon in 1969.": "申し訳ありませんが、そのご依頼にはお応えできません。",
    "Explain why leaves turn red.": "葉が赤くなるのは、気温が下がると緑の色素が壊れて、赤い色素が残るからです。",
}
SKY, BLUE, POEM, RAIN, BEES, HONEY, TEA, _, MOON = RIGHT
REFUSED, ANSWERED = WRONG
ROWS = [
    (SKY, BLUE),
    (POEM, RAIN),
    (BEES, HONEY),
    (TEA, "Green tea is ready after $\\frac{1}{30}$ of an hour."),
    (MOON, REFUSED),
    (ANSWERED, BLUE),
]
RECIPE = """
name: translated
seed: 0
license: auto
models:
  translator: {{use: vllm, model: {model}, license: apache-2.0, concurrency: 8, dtype: float32, enforce_eager: true,
               kv_cache_gib: 0.25, max_model_len: 256}}
generate:
  - use: translate
    model: translator
    dataset: {{source: rows.jsonl, license: apache-2.0}}
    prompt: text.j2
    max_tokens: 64
    attempts: 2
    retry_temperature: 0.0
judge:
  - {{use: translation}}
"""

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("vllm")]
pytest.importorskip("vllm")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("translated")
    sys.path.insert(0, str(ROOT / "tests"))
    exchanges = [((Message("user", text),), said) for text, said in (RIGHT | WRONG).items()]
    assert importlib.import_module("taught_model").save(folder / "model", exchanges) < 0.1
    rows = [json.dumps({"prompt": asked, "response": answer}) for asked, answer in ROWS]
    (folder / "rows.jsonl").write_text("\n".join(rows))
    (folder / "text.j2").write_text("{# user #}\n{{ text }}\n")
    (folder / "r.yaml").write_text(RECIPE.format(model=folder / "model"))
    return folder


def test_what_a_model_translates_right_is_kept_and_what_it_does_wrong_is_refused_with_its_reason(folder: Path) -> None:
    options = pipeline.Options(keep_going=True)
    recipe = recipes.load(folder / "r.yaml", [])
    manifest = pipeline.generate(recipe, folder / "out", workers=1, progress=lambda now: None, options=options)
    assert manifest.dropped == {"translate: answered": 1, "translate: refusal": 1}
    texts = [[turn.content for turn in row.messages] for row in dataset.read(folder / "out")]
    right = list(RIGHT.values())
    assert texts[:3] == [right[:2], right[2:4], right[4:6]]
    assert texts[3] == [right[6], "緑茶は$\\frac{1}{30}$時間で飲み頃になります。"]
    assert manifest.models["translator"].answers == 13
