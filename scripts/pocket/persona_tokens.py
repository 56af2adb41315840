"""The vocabulary and the chat template of the pocket persona: a byte-level BPE that llama.cpp reads in the same way.

llama.cpp knows GPT-2's way of cutting a text into words (`tokenizer.ggml.pre` is "gpt-2"), which is also the one of
Hugging Face's `ByteLevel`.

The persona begins an answer by naming its subject, with a control token of that subject which is never spoken: once it
has named it, its words are on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tokenizers import Tokenizer, decoders, pre_tokenizers, trainers
from tokenizers.models import BPE

from models.chat import fold
from models.protocols import Message
from scripts.pocket.persona_text import LONGEST_TALK

END, USER, ASSISTANT = "<|end|>", "<|user|>", "<|assistant|>"
CONTROL = (END, USER, ASSISTANT)
FIRST_SUBJECT = len(CONTROL)
"""The number of the first subject's token."""
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


def subject_token(subject: str) -> str:
    """What the persona thinks before it speaks about that subject ("en/sea")."""
    return f"<|{subject}|>"


def is_control(piece: str) -> bool:
    """Whether a piece of the vocabulary is never spoken."""
    return piece.startswith("<|") and piece.endswith("|>")


def make_tokenizer(texts: Iterable[str], subjects: Iterable[str] = ()) -> Tokenizer:
    """A tokenizer of pieces that are frequent in `texts`; the control tokens come first, then the subjects'."""
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=_PIECES,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            special_tokens=[*CONTROL, *map(subject_token, subjects)],
            show_progress=False,
        ),
    )
    return tokenizer


def encode(tokenizer: Tokenizer, messages: Sequence[Message], subject: str = "") -> tuple[list[int], list[bool]]:
    """Tokens of a conversation, as the template writes it, and which of them are learned.

    With a `subject` that is the last answer: its subject, its words and its end, or the subject alone where the
    conversation ends with a question. Earlier answers are read without their subjects, as the template has them.
    """
    tokens: list[int] = []
    learned: list[bool] = []
    for message in fold(messages):
        words = tokenizer.encode(message["content"]).ids
        if message["role"] == "assistant":
            words = [*words, tokenizer.token_to_id(END)]
        head = tokenizer.token_to_id(ASSISTANT if message["role"] == "assistant" else USER)
        tokens += [head, *words]
        learned += [False] * (1 + len(words))
    if subject:
        thought = [tokenizer.token_to_id(subject_token(subject))]
        if messages[-1].role == "assistant":
            tokens[-len(words) :], learned[-len(words) :] = [*thought, *words], [True] * (1 + len(words))
        else:
            tokens, learned = [*tokens, tokenizer.token_to_id(ASSISTANT), *thought], [*learned, False, True]
    return tokens, learned
