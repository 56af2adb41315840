"""What the panel offers of turn-taking: each threshold's name, what it does, and how far it can be moved."""

from __future__ import annotations

from installation.entries import Choice, Threshold, Words
from installation.turn_taking.settings import Wake

_BEGIN = Words("When a voice begins", "Quand une voix commence")
_END = Words("When a visitor has finished", "Quand un visiteur a fini")
_INTERRUPT = Words("What interrupts the double", "Ce qui interrompt le double")
_WHOM = Words("Whom it speaks with", "Avec qui il parle")

THRESHOLDS = (
    Threshold(
        "onset_s",
        _BEGIN,
        Words("Voice that makes a beginning", "Voix qui fait un début"),
        Words(
            "Longer resists clicks and bumps, shorter listens sooner.",
            "Plus long : résiste aux claquements et aux chocs. Plus court : écoute plus tôt.",
        ),
        ("s", 0.02, 0.5, 0.02),
    ),
    Threshold(
        "onset_window_s",
        _BEGIN,
        Words("Within so much time", "Dans un tel laps de temps"),
        Words(
            "The voice that makes a beginning must fall within this; longer lets a stammered beginning count.",
            "La voix qui fait un début doit y tenir ; plus long : un début hésitant compte aussi.",
        ),
        ("s", 0.02, 1.0, 0.02),
    ),
    Threshold(
        "pre_roll_s",
        _BEGIN,
        Words("Kept from before the beginning", "Gardé d’avant le début"),
        Words(
            "So that no first syllable is clipped; longer also gives the ears more of the room’s noise.",
            "Pour ne couper aucune première syllabe ; plus long : plus de bruit de salle pour les oreilles.",
        ),
        ("s", 0.0, 1.0, 0.02),
    ),
    Threshold(
        "min_voice_s",
        _BEGIN,
        Words("Too short to be words", "Trop court pour des mots"),
        Words(
            "What has less voice than this in it is thrown away: a cough, a chair.",
            "Ce qui contient moins de voix que cela est écarté : une toux, une chaise.",
        ),
        ("s", 0.0, 1.0, 0.02),
    ),
    Threshold(
        "max_utterance_s",
        _BEGIN,
        Words("Longest question", "Plus longue question"),
        Words(
            "A question is ended here even if the voice goes on.",
            "Une question s’arrête là, même si la voix continue.",
        ),
        ("s", 5.0, 150.0, 5.0),
    ),
    Threshold(
        "draft_pause_s",
        _END,
        Words("Pause that begins a draft", "Pause qui commence une ébauche"),
        Words(
            "Shorter has an answer ready sooner; longer drafts fewer answers in vain.",
            "Plus court : une réponse prête plus tôt. Plus long : moins d’ébauches pour rien.",
        ),
        ("s", 0.08, 1.0, 0.02),
    ),
    Threshold(
        "finished_pause_s",
        _END,
        Words("Pause after a finished thought", "Pause après une pensée achevée"),
        Words(
            "How long a visitor is silent before the double answers; shorter answers sooner, longer cuts in less.",
            "Le silence avant que le double réponde ; plus court : plus vif ; plus long : coupe moins la parole.",
        ),
        ("s", 0.1, 3.0, 0.02),
    ),
    Threshold(
        "stated_pause_s",
        _END,
        Words("Pause after a statement", "Pause après une affirmation"),
        Words(
            "After a whole sentence that asks nothing: a question may follow.",
            "Après une phrase entière qui ne demande rien : une question peut suivre.",
        ),
        ("s", 0.1, 3.0, 0.02),
    ),
    Threshold(
        "unclear_pause_s",
        _END,
        Words("Pause after words that may go on", "Pause après des mots qui peuvent continuer"),
        Words(
            "The same, when it is not clear whether the thought is finished.",
            "De même, quand il n’est pas clair que la pensée soit achevée.",
        ),
        ("s", 0.1, 5.0, 0.05),
    ),
    Threshold(
        "sounds_finished",
        _END,
        Words("A voice that sounds finished", "Une voix qui paraît avoir fini"),
        Words(
            "From this probability on the melody of the voice shortens an unclear pause; only with smart_turn.",
            "À partir de cette probabilité, la mélodie de la voix abrège une pause peu claire (avec smart_turn).",
        ),
        ("", 0.5, 0.99, 0.01),
    ),
    Threshold(
        "sounds_open",
        _END,
        Words("A voice that sounds unfinished", "Une voix qui paraît ne pas avoir fini"),
        Words(
            "Up to this probability the melody lengthens a pause after finished words; only with smart_turn.",
            "Jusqu’à cette probabilité, la mélodie allonge une pause après des mots achevés (avec smart_turn).",
        ),
        ("", 0.01, 0.5, 0.01),
    ),
    Threshold(
        "open_pause_s",
        _END,
        Words("Pause after words that want to go on", "Pause après des mots qui appellent la suite"),
        Words(
            "The same after “I have always wondered whether”, and while the words are not known yet.",
            "De même après « je me suis toujours demandé si », et tant que les mots ne sont pas connus.",
        ),
        ("s", 0.1, 10.0, 0.1),
    ),
    Threshold(
        "slow_visitor",
        _END,
        Words("Patience with slow speakers", "Patience avec qui parle lentement"),
        Words(
            "Who pauses long is given so many times their longest pause of late; 0 treats everybody alike.",
            "À qui fait de longues pauses on laisse tant de fois la plus longue ; 0 : tout le monde pareil.",
        ),
        ("×", 0.0, 4.0, 0.1),
    ),
    Threshold(
        "noisy_room_s",
        _END,
        Words("Longer pauses in a loud room", "Pauses plus longues dans le bruit"),
        Words(
            "So much is added where the ends of words are lost in noise.",
            "On ajoute cela là où la fin des mots se perd dans le bruit.",
        ),
        ("s", 0.0, 2.0, 0.05),
    ),
    Threshold(
        "loud_room_db",
        _END,
        Words("A loud room begins at", "Une salle bruyante commence à"),
        Words(
            "How loud the room is while nobody speaks, below full level; lower counts more rooms as loud.",
            "Le niveau de la salle quand personne ne parle, sous le maximum ; plus bas : plus de salles comptent.",
        ),
        ("dB", -80.0, 0.0, 1.0),
    ),
    Threshold(
        "duck_db",
        _INTERRUPT,
        Words("Lower its voice by", "Baisser sa voix de"),
        Words(
            "So much, as soon as somebody may be speaking; 0 keeps the voice where it is.",
            "D’autant, dès que quelqu’un parle peut-être ; 0 : la voix reste où elle est.",
        ),
        ("dB", 0.0, 40.0, 1.0),
    ),
    Threshold(
        "stop_s",
        _INTERRUPT,
        Words("Voice that stops it", "Voix qui l’arrête"),
        Words(
            "So much voice over the double stops it until it is known what was said; longer is harder to interrupt.",
            "Tant de voix sur le double l’arrête, le temps de comprendre ; plus long : plus dur à interrompre.",
        ),
        ("s", 0.04, 3.0, 0.02),
    ),
    Threshold(
        "early_s",
        _INTERRUPT,
        Words("Beginning of an answer", "Début d’une réponse"),
        Words(
            "For so long more voice is needed to stop it: the visitor’s last word may still be in the air.",
            "Pendant ce temps il faut plus de voix pour l’arrêter : le dernier mot résonne peut-être encore.",
        ),
        ("s", 0.0, 5.0, 0.1),
    ),
    Threshold(
        "early_stop_s",
        _INTERRUPT,
        Words("Voice that stops it at the beginning", "Voix qui l’arrête au début"),
        Words(
            "So much voice stops an answer that has only just begun.",
            "Tant de voix arrête une réponse qui vient de commencer.",
        ),
        ("s", 0.04, 3.0, 0.02),
    ),
    Threshold(
        "guarded_stop_s",
        _INTERRUPT,
        Words("Voice that stops a guarded sentence", "Voix qui arrête une phrase gardée"),
        Words(
            "So much voice stops a sentence that the character marks as not to be interrupted.",
            "Tant de voix arrête une phrase que le personnage marque comme à ne pas interrompre.",
        ),
        ("s", 0.1, 10.0, 0.1),
    ),
    Threshold(
        "back_channel_s",
        _INTERRUPT,
        Words("Longest “mm-hm”", "Plus long « mm-hm »"),
        Words(
            "So much voice is an interruption, even if its words only agree.",
            "Tant de voix est une interruption, même si les mots ne font qu’acquiescer.",
        ),
        ("s", 0.1, 5.0, 0.1),
    ),
    Threshold(
        "cut_in_s",
        _INTERRUPT,
        Words("The double was too hasty within", "Le double était trop pressé en deçà de"),
        Words(
            "Who speaks up so soon after an answer began had not finished: both halves are answered together.",
            "Qui reprend si tôt après le début d’une réponse n’avait pas fini : on répond aux deux moitiés.",
        ),
        ("s", 0.0, 5.0, 0.1),
    ),
    Threshold(
        "voice_over_room_db",
        _WHOM,
        Words("A voice stands out by", "Une voix se détache de"),
        Words(
            "Higher leaves out people who talk to each other, and echoes; too high leaves out quiet visitors.",
            "Plus haut : écarte ceux qui parlent entre eux, et les échos ; trop haut : écarte les voix douces.",
        ),
        ("dB", 0.0, 40.0, 1.0),
    ),
    Threshold(
        "speech_likeness",
        _WHOM,
        Words("As like speech as", "Ressemble autant à la parole que"),
        Words(
            "Higher leaves out laughter, coughs, music, a crowd; too high leaves out voices; 0 lets all through.",
            "Plus haut : écarte rires, toux, musique et foule ; trop haut : écarte des voix ; 0 laisse tout passer.",
        ),
        ("", 0.0, 0.95, 0.05),
    ),
    Threshold(
        "wake",
        _WHOM,
        Words("Before one is listened to", "Avant d’être écouté"),
        Words(
            "What a visitor must do before the double listens to them.",
            "Ce qu’un visiteur doit faire avant que le double l’écoute.",
        ),
        choices=(
            Choice(Wake.NOTHING.value, Words("nothing", "rien")),
            Choice(Wake.BUTTON.value, Words("press a button", "appuyer sur un bouton")),
        ),
    ),
    Threshold(
        "wake_s",
        _WHOM,
        Words("Listened to for", "Écouté pendant"),
        Words(
            "So long after the button a visitor may begin to speak.",
            "Aussi longtemps après le bouton, un visiteur peut commencer à parler.",
        ),
        ("s", 1.0, 120.0, 1.0),
    ),
)

NOT_TUNABLE: dict[str, str] = {}
"""Fields of the settings that the panel does not offer, each with the reason."""

RISING = (
    ("onset_s", "onset_window_s"),
    ("draft_pause_s", "finished_pause_s"),
    ("finished_pause_s", "stated_pause_s"),
    ("stated_pause_s", "unclear_pause_s"),
    ("unclear_pause_s", "open_pause_s"),
    ("sounds_open", "sounds_finished"),
)
"""Pairs of which the first must not be longer than the second."""
