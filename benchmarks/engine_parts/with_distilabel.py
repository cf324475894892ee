"""The same rows by distilabel: a list of instructions, and TextGeneration by OpenAILLM. Arguments: port, rows."""

import sys

from distilabel.models import OpenAILLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration

SYSTEM = "You are a careful assistant. " * 16
TEXT = "Explain step by step, in plain words, how one would go about it. " * 8


def main():
    port, rows = map(int, sys.argv[1:3])
    with Pipeline(name="engine-benchmark") as pipeline:
        data = [{"instruction": f"Question {number}: {TEXT}", "system_prompt": SYSTEM} for number in range(rows)]
        llm = OpenAILLM(model="constant", base_url=f"http://127.0.0.1:{port}/v1", api_key="none")
        LoadDataFromDicts(data=data) >> TextGeneration(llm=llm, input_batch_size=50)
    made = pipeline.run(use_cache=False)["default"]["train"]
    answered = sum(bool(text) for text in made["generation"])
    if answered != rows:
        raise SystemExit(f"{answered} of {rows} rows")


if __name__ == "__main__":
    main()
