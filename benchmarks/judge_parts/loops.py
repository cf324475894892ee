"""Which answers of `model_responses` are loops: read by one person, every answer that a loose rule fired on.

Base davinci runs on until its limit, inventing tasks and repeating them; the others are listed by the file's line. What
is only said twice, or in needless variations, is no loop here.
"""

# Lines of ja_vicuna_answers.jsonl. 145 is a loop inside a block of code.
JAPANESE = {20, 23, 31, 32, 73, 100, 145, 206, 234}
# Lines of en_self_instruct_answers.jsonl by text-davinci-003.
ENGLISH = {303, 365}
# Lines of it by davinci that are none: one runs on through translations.
RUNS_ON = {100}
