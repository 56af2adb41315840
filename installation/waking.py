"""Whom the house listens to, where the show asks visitors for a gesture first."""

from __future__ import annotations

from dataclasses import replace

from installation.changes import Moment
from installation.scene import Scene
from installation.turn_taking.settings import Wake

_AGAIN_S = 1.0
"""After so long it is looked again whether who spoke has finished."""


def wake(scene: Scene, moment: Moment) -> Scene:
    """Somebody has made the gesture: they are listened to, and if they speak already, from their first word on."""
    return replace(
        scene, awake_until_s=moment.at_s + scene.turn_taking.wake_s, ignoring=False, voice=scene.voice or scene.ignoring
    )


def stay_awake(scene: Scene, moment: Moment) -> Scene:
    """The double has spoken: who made the gesture may go on without another one."""
    if scene.turn_taking.wake is Wake.NOTHING:
        return scene
    return wake(scene, moment)


def fall_asleep(scene: Scene, moment: Moment) -> Scene:
    """Nobody has spoken for a while, unless somebody is about to."""
    if moment.at_s < scene.awake_until_s:
        return scene
    if scene.voice:
        return replace(scene, awake_until_s=moment.at_s + _AGAIN_S)
    return replace(scene, awake_until_s=0.0)
