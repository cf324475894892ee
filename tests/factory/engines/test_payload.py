"""What a server is sent."""

import orjson
import pytest

from factory.engine import Request, Sampling
from factory.engines._payload import Dialect, body
from factory.row import Message

CHAT = (Message("user", "Why?"),)


@pytest.mark.parametrize(
    ("server", "prompt", "stop", "said"),
    [
        ("vllm", "[INST]", ("[/INST]",), False),
        ("sglang", "[INST]", ("[/INST]",), False),
        ("vllm", "[INST]", (), None),
        ("vllm", CHAT, ("[/INST]",), None),
        ("", "[INST]", ("[/INST]",), None),
    ],
)
def test_a_stop_in_raw_text_may_be_a_special_token(server, prompt, stop, said):
    sent = orjson.loads(body("m", {}, Dialect(server), Request(prompt, Sampling(stop=stop)), 1, 0))
    assert sent.get("skip_special_tokens") is said
