"""The network of the pocket ears: a small Whisper, and a phoneme reader on its encoder that only the training needs.

The reader (connectionist temporal classification, Graves et al. 2006, beside attention as in Watanabe et al. 2017)
teaches the encoder the sounds of speech long before the decoder has learnt where to look; it is not exported. Where to
look, some heads of the decoder are told (as in guided attention, Tachibana et al. 2018, but with the times at which the
words were said: espeak-ng tells them).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import WhisperConfig, WhisperForConditionalGeneration

MELS = 80
IGNORED = -100
FRAMES_PER_STEP = 2
"""The encoder takes two frames together."""
NOWHERE = -1.0
"""In place of a time: it does not matter where to look."""
_CTC_WEIGHT = 0.4
_GUIDED_WEIGHT = 0.5
_GUIDED_STEPS = 5.0
"""How far from a word's time attention may be without being told so, in steps of 20 ms."""
_LITTLE = 1e-3
_GUIDED_HEADS = 2
"""Of each layer of the decoder but the first."""
_SMOOTHING = 0.05


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """Shape of the network, and the two tokens that it must know."""

    vocabulary: int
    end: int
    start: int
    phonemes: int
    """Signs of sounds that the reader tells apart."""
    width: int = 256
    heads: int = 4
    encoder_layers: int = 4
    decoder_layers: int = 3


class Ears(nn.Module):
    """Whisper, trained on sounds of any length up to 30 s."""

    def __init__(self, settings: NetworkSettings) -> None:
        super().__init__()
        self.settings = settings
        config = WhisperConfig(
            vocab_size=settings.vocabulary,
            num_mel_bins=MELS,
            d_model=settings.width,
            encoder_layers=settings.encoder_layers,
            decoder_layers=settings.decoder_layers,
            encoder_attention_heads=settings.heads,
            decoder_attention_heads=settings.heads,
            encoder_ffn_dim=4 * settings.width,
            decoder_ffn_dim=4 * settings.width,
            dropout=0.0,
            pad_token_id=settings.end,
            bos_token_id=settings.end,
            eos_token_id=settings.end,
            decoder_start_token_id=settings.start,
            suppress_tokens=None,
            begin_suppress_tokens=None,
        )
        self.whisper = WhisperForConditionalGeneration(config)
        for convolution in (self.whisper.model.encoder.conv1, self.whisper.model.encoder.conv2):
            # as they come, the sound would drown in the encodings of the positions for the first thousand steps
            nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
        self.phonemes = nn.Linear(settings.width, settings.phonemes + 1)
        """Class 0 is "no new sound"."""
        self._looks: dict[int, list[Tensor]] = {}
        for number, layer in enumerate(self.whisper.model.decoder.layers[1:]):
            for projection in (layer.encoder_attn.q_proj, layer.encoder_attn.k_proj):
                projection.register_forward_hook(
                    lambda _, __, output, number=number: self._looks.setdefault(number, []).append(output)
                )

    def encode(self, features: Tensor) -> Tensor:
        """(batch, mels, frames) to (batch, frames / 2, width): Whisper's own encoder, which insists on 3,000 frames."""
        encoder = self.whisper.model.encoder
        hidden = functional.gelu(encoder.conv1(features))
        hidden = functional.gelu(encoder.conv2(hidden)).transpose(1, 2)
        hidden = hidden + encoder.embed_positions.weight[: hidden.shape[1]]
        for layer in encoder.layers:
            output = layer(hidden, None)
            hidden = output[0] if isinstance(output, tuple) else output
        return encoder.layer_norm(hidden)

    def loss(self, batch: dict[str, Tensor]) -> tuple[Tensor, dict[str, float]]:
        """The training's loss on a batch, and its parts: `text`, `sounds` and `places`."""
        hidden = self.encode(batch["features"])
        self._looks.clear()
        output = self.whisper.model.decoder(input_ids=batch["given"], encoder_hidden_states=hidden)
        logits = self.whisper.proj_out(output.last_hidden_state)
        text = functional.cross_entropy(
            logits.flatten(0, 1), batch["wanted"].flatten(), ignore_index=IGNORED, label_smoothing=_SMOOTHING
        )
        steps = functional.log_softmax(self.phonemes(hidden), dim=-1).transpose(0, 1)
        lengths = torch.full((hidden.shape[0],), hidden.shape[1], dtype=torch.long)
        sounds = functional.ctc_loss(
            steps, batch["phonemes"], lengths, batch["phoneme_lengths"], blank=0, zero_infinity=True
        )
        looks = [self._astray(query, key, batch) for query, key in self._looks.values()]
        places = torch.stack(looks).mean()
        self._looks.clear()
        parts = {"text": text, "sounds": sounds, "places": places}
        loss = text + _CTC_WEIGHT * sounds + _GUIDED_WEIGHT * places
        return loss, {name: float(part.detach()) for name, part in parts.items()}

    def _astray(self, query: Tensor, key: Tensor, batch: dict[str, Tensor]) -> Tensor:
        """How far a layer looks from where the words are: minus the logarithm of the share that is near."""
        heads = (
            part.view(*part.shape[:2], self.settings.heads, -1).transpose(1, 2)[:, :_GUIDED_HEADS]
            for part in (query, key)
        )
        queries, keys = heads
        attention = (queries @ keys.transpose(-1, -2) * queries.shape[-1] ** -0.5).softmax(-1)
        places = batch["places"][:, :, None]
        steps = torch.arange(key.shape[1], device=query.device) + 0.5
        near = torch.exp(-((steps - places) ** 2) / (2 * _GUIDED_STEPS**2))
        counted = batch["places"] >= 0
        share = (attention * near[:, None]).sum(-1)
        astray = -(share + _LITTLE).log().mean(1)
        return (astray * counted).sum() / counted.sum().clamp(min=1)
