"""Makes a Coqui VITS voice that loads and runs like a real one and speaks in noise: its weights are random."""

from __future__ import annotations

from pathlib import Path

import torch
from TTS.config.shared_configs import BaseAudioConfig
from TTS.tts.configs.vits_config import VitsArgs, VitsConfig
from TTS.tts.models.vits import Vits

RATE_HZ = 16_000
WIDTH = 16


def make(folder: Path, speakers: tuple[str, ...] = ()) -> Path:
    """Write `folder`/tiny-vits: config.json and model.pth."""
    path = folder / "tiny-vits"
    path.mkdir(parents=True)
    torch.manual_seed(7)
    config = VitsConfig(
        model_args=_layers(),
        audio=BaseAudioConfig(sample_rate=RATE_HZ, fft_size=128, win_length=128, hop_length=16, num_mels=10),
        use_phonemes=False,
        text_cleaner="basic_cleaners",
    )
    if speakers:
        _give_speakers(config, path, speakers)
    model = Vits(config)
    # what Coqui filled in while it built the model belongs to it
    model.config.save_json(str(path / "config.json"))
    torch.save({"model": model.state_dict()}, path / "model.pth")
    return path


def _layers() -> VitsArgs:
    return VitsArgs(
        out_channels=65,
        hidden_channels=WIDTH,
        hidden_channels_ffn_text_encoder=WIDTH,
        num_layers_text_encoder=1,
        num_layers_posterior_encoder=1,
        num_layers_flow=1,
        resblock_kernel_sizes_decoder=[3],
        resblock_dilation_sizes_decoder=[[1, 3, 5]],
        upsample_rates_decoder=[4, 4],
        upsample_initial_channel_decoder=WIDTH,
        upsample_kernel_sizes_decoder=[8, 8],
        use_sdp=False,
        init_discriminator=False,
    )


def _give_speakers(config: VitsConfig, path: Path, speakers: tuple[str, ...]) -> None:
    file = path / "speakers.pth"
    torch.save({name: number for number, name in enumerate(speakers)}, file)
    config.model_args.use_speaker_embedding = True
    config.model_args.num_speakers = config.num_speakers = len(speakers)
    config.model_args.speaker_embedding_channels = WIDTH
    config.model_args.speakers_file = config.speakers_file = str(file)
    config.use_speaker_embedding = True
