"""What of a show's settings fits its engines badly: the house plays all the same, and a person should know."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from installation.config import Show
from installation.findings import Check, State
from installation.weights import TURNS, foreign, named
from models.catalog import EngineRole
from models.coqui_model import COQUI
from models.engine_settings import POCKET
from models.known_languages import SPHINX, known_languages, listed
from models.protocols import Language, ModelError
from models.server_settings import SERVER, FallbackSettings

_OTHER_EARS = "Choose other ears"


def misfits(show: Show, has_visitors: bool, faults: Collection[str] = ()) -> tuple[Check, ...]:
    """A note for each; of roles with `faults`, nothing that only their files could tell.

    Where there are no visitors, a simulated one asks what the embedded ears have learned, in whatever language.
    """
    notes = (*_hot_words(show), *_ears(show, has_visitors), *_voice(show), *_turns(show))
    # of a model of the catalogue it is worth knowing before it is fetched
    told = {role for role, _ in named(show)}
    return (*(note for note in notes if note.name not in faults or note.name in told), *_unused_fallbacks(show))


def _hot_words(show: Show) -> Iterator[Check]:
    engines = show.config.engines
    if engines.here.ears == POCKET and engines.whisper.hot_words:
        what = "the pocket ears know no hot words: those under [engines.whisper] are not used"
        yield Check("ears", State.WARN, what, f"{_OTHER_EARS}, or take hot_words out")


def _ears(show: Show, has_visitors: bool) -> Iterator[Check]:
    engines = show.config.engines
    name, known = engines.here.ears, _known(show, "ears")
    deaf_to, hears = foreign(show, known), [each for each in show.config.show.languages if each in known]
    if not deaf_to or not hears or (name == SPHINX and not has_visitors):
        return
    # one language that is settled upon is what everybody speaks
    if name != SPHINX and engines.whisper.language in known:
        return
    settled = "" if name == SPHINX else f', or set language = "{hears[0]}" under [engines.whisper]'
    what = f"{name} was made for {listed(known)} alone, and visitors may speak {', '.join(deaf_to)}"
    yield Check("ears", State.WARN, what, _OTHER_EARS + settled)


def _unused_fallbacks(show: Show) -> Iterator[Check]:
    engines = show.config.engines
    usual = FallbackSettings()
    for role, name in engines.named:
        behind = getattr(engines.fallback, role)
        if name != SERVER and behind != getattr(usual, role):
            what = f'{role} = "{behind}" under [engines.fallback] is not used, because {role} is not "server"'
            yield Check(role, State.WARN, what, f'Take it out, or set {role} = "server" under [engines]')


def _voice(show: Show) -> Iterator[Check]:
    known = _known(show, "voice")
    strange = foreign(show, known)
    if strange and len(strange) < len(show.config.show.languages):
        name = show.config.engines.here.voice.removeprefix(COQUI)
        what = f"{name} was made for {listed(known)} alone, and speaks {', '.join(strange)} as if it were that"
        yield Check("voice", State.WARN, what, f"Choose another voice, or take {', '.join(strange)} from the show")


def _turns(show: Show) -> Iterator[Check]:
    strange = [language for role, entry in named(show) if role == TURNS for language in foreign(show, entry.languages)]
    if strange and len(strange) < len(show.config.show.languages):
        what = f"{show.config.hearing.smart_turn} never learned {', '.join(strange)}, and votes on them all the same"
        yield Check(TURNS, State.WARN, what, 'Listen to it in a rehearsal, or set smart_turn = "" under [hearing]')


def _known(show: Show, role: EngineRole) -> tuple[Language, ...]:
    """What the catalogue says of a model, or its files; () where nothing is told, or they are a fault of their own."""
    for role_named, entry in named(show):
        if role_named == role:
            return entry.languages
    try:
        return known_languages(role, show.config.engines, show.folder)
    except ModelError:
        return ()
