"""What the invented visitors of the bench say, in English and French."""

from __future__ import annotations

QUESTIONS: dict[str, tuple[str, ...]] = {
    "en": (
        "What do you remember of the sea?",
        "Who taught you to whisper?",
        "Where did you keep the letters?",
        "Are you afraid of the dark?",
        "Tell me about your sister.",
        "How many winters did you stay in that house?",
        "Did you ever forget a line?",
        "I would like to hear about the theatre.",
        "Is there anybody that you miss tonight?",
        "Why did you never answer him?",
    ),
    "fr": (
        "De quoi vous souvenez-vous ?",
        "Qui vous a appris à souffler ?",
        "Où avez-vous gardé les lettres ?",
        "Avez-vous peur du noir ?",
        "Parlez-moi de votre soeur.",
        "Combien d'hivers êtes-vous restée dans cette maison ?",
        "Avez-vous déjà oublié une réplique ?",
        "Je voudrais vous entendre parler du théâtre.",
        "Est-ce que quelqu'un vous manque ce soir ?",
        "Pourquoi ne lui avez-vous jamais répondu ?",
    ),
}
WITH_COMMAS: dict[str, tuple[str, ...]] = {
    "en": (
        "When you were a child, in the house by the sea, what did you dream of?",
        "Tell me, if you can, who wrote the last letter?",
        "After the war, once the theatre had closed, where did you go?",
        "Your mother, your sister, the boat, which of them do you miss?",
    ),
    "fr": (
        "Quand vous étiez enfant, dans la maison près de la mer, de quoi rêviez-vous ?",
        "Dites-moi, si vous pouvez, qui a écrit la dernière lettre ?",
        "Après la guerre, une fois le théâtre fermé, où êtes-vous allée ?",
        "Votre mère, votre soeur, le bateau, qui vous manque le plus ?",
    ),
}
HALVES: dict[str, tuple[tuple[str, str], ...]] = {
    "en": (
        ("I have always wondered whether", "the sea remembers any of us?"),
        ("What did you do with the letters that", "your sister sent you from the coast?"),
        ("I came here tonight because", "my mother knew you. Do you remember her?"),
        ("When you stand under the stage and", "the actor forgets his line, what do you feel?"),
        ("Could you tell me about the", "winter in which the theatre burned?"),
        ("There is something that I would like to", "ask you about your father, may I?"),
        ("Do you think that people who", "never speak have more to say?"),
        ("My question is about", "the house that you were born in, where was it?"),
    ),
    "fr": (
        ("Je me suis toujours demandé si", "la mer se souvient de nous ?"),
        ("Qu'avez-vous fait des lettres que", "votre soeur vous envoyait de la côte ?"),
        ("Je suis venu ce soir parce que", "ma mère vous a connue. Vous souvenez-vous d'elle ?"),
        ("Quand vous êtes sous la scène et", "que l'acteur oublie son texte, que sentez-vous ?"),
        ("Pourriez-vous me parler de", "l'hiver où le théâtre a brûlé ?"),
        ("Il y a quelque chose que je voudrais", "vous demander, est-ce que je peux ?"),
        ("Pensez-vous que les gens qui", "ne parlent jamais ont plus à dire ?"),
        ("Ma question concerne", "la maison où vous êtes née, où était-elle ?"),
    ),
}
INTERRUPTIONS: dict[str, tuple[str, ...]] = {
    "en": (
        "Wait, stop, I have another question.",
        "Excuse me, that is not what I asked.",
        "No, no, tell me about the boat instead.",
        "Sorry, can you say that again please?",
    ),
    "fr": (
        "Attendez, arrêtez, j'ai une autre question.",
        "Excusez-moi, ce n'est pas ce que je demandais.",
        "Non, non, parlez-moi plutôt du bateau.",
        "Pardon, pouvez-vous répéter s'il vous plaît ?",
    ),
}
BACK_CHANNELS: dict[str, tuple[str, ...]] = {
    "en": ("mm-hm", "uh-huh", "yeah", "right", "I see", "okay"),
    "fr": ("oui oui", "mm", "d'accord", "ah oui", "bien sûr", "ouais"),
}
VOICES: dict[str, tuple[str, ...]] = {
    "en": ("en-gb", "en-us+f3", "en-gb-scotland+m3", "en-gb-x-rp+f2", "en-us+m7", "en-029+Andrea"),
    "fr": ("fr", "fr-be+f4", "fr-ch+m2", "fr+f1", "fr+m5", "fr-be+Denis"),
}
"""espeak-ng's."""
ANSWER = (
    "I remember that the water was cold in the morning. We swam there each day before the letters came. "
    "My sister held my hand, and nobody else knew the way back to the house."
)
"""What the double of the bench says, whatever it is asked: about eight seconds."""
LONG_ANSWER = (
    f"{ANSWER} When somebody forgot a line, I gave it back to him, so softly that he took it for his own thought. "
    "That is all that I ever did, and I would do it again tonight."
)
