"""The vocabulary and the chat template of the pocket persona: a byte-level BPE that llama.cpp reads in the same way.

llama.cpp knows GPT-2's way of cutting a text into words (`tokenizer.ggml.pre` is "gpt-2"), which is also the one of
Hugging Face's `ByteLevel`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tokenizers import Tokenizer, decoders, pre_tokenizers, trainers
from tokenizers.models import BPE

from models.chat import fold
from models.protocols import Message
from scripts.pocket.persona_text import CUT_OFF, LONGEST_TALK

END, USER, ASSISTANT = "<|end|>", "<|user|>", "<|assistant|>"
CONTROL = (END, USER, ASSISTANT)
_PIECES = 4_000
_LINES, _LINE_CHARS, _PAST_CHARS = 5, 240, 80

TEMPLATE = (
    # the character is known by heart: what the system says is left out, and so is all but the end of a long talk
    "{%- set talk = messages | rejectattr('role', 'equalto', 'system') | list -%}"
    f"{{%- for message in talk[-{2 * LONGEST_TALK - 1}:] -%}}"
    "{%- if message['role'] == 'assistant' -%}"
    f"{{{{- '{ASSISTANT}' + message['content'] + '{END}' -}}}}"
    "{%- else -%}"
    f"{{{{- '{USER}' -}}}}"
    f"{{%- set longest = {_LINE_CHARS} if loop.last else {_PAST_CHARS} -%}}"
    f"{{%- for line in message['content'].split('\\n')[-{_LINES}:] -%}}"
    "{{- '' if loop.first else '\\n' -}}{{- line[-longest:] -}}"
    "{%- endfor -%}"
    "{%- endif -%}"
    "{%- endfor -%}"
    f"{{%- if add_generation_prompt -%}}{{{{- '{ASSISTANT}' -}}}}{{%- endif -%}}"
)
"""The last exchanges and the question; of a long line, the end."""


def make_tokenizer(texts: Iterable[str]) -> Tokenizer:
    """A tokenizer of pieces that are frequent in `texts`; the control tokens come first."""
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=_PIECES,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            special_tokens=list(CONTROL),
            show_progress=False,
        ),
    )
    return tokenizer


def encode(tokenizer: Tokenizer, messages: Sequence[Message]) -> tuple[list[int], list[bool]]:
    """Tokens of a conversation, as the template writes it, and which of them are learned: answers and their ends.

    An answer that was cut off is read, not learned.
    """
    tokens: list[int] = []
    learned: list[bool] = []
    for message in fold(messages):
        words = tokenizer.encode(message["content"]).ids
        if message["role"] == "assistant":
            words = [*words, tokenizer.token_to_id(END)]
        head = tokenizer.token_to_id(ASSISTANT if message["role"] == "assistant" else USER)
        is_learned = message["role"] == "assistant" and not message["content"].endswith(CUT_OFF)
        tokens += [head, *words]
        learned += [False] + [is_learned] * len(words)
    return tokens, learned
