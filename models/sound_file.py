"""Decodes what ffmpeg reads into channels of float32."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import av


def channels(frame: av.AudioFrame) -> npt.NDArray[np.float32]:
    """The sound of a decoded frame, shape (channels, n), range -1..1."""
    sound: npt.NDArray[Any] = frame.to_ndarray()
    if not frame.format.is_planar:
        sound = sound.reshape(-1, frame.layout.nb_channels).T
    if sound.dtype == np.uint8:
        sound = (sound.astype(np.float32) - 128) / 128
    elif np.issubdtype(sound.dtype, np.integer):
        sound = sound / -float(np.iinfo(sound.dtype).min)
    return np.asarray(sound, np.float32)
