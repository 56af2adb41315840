"""The languages of Whisper by the names under which servers tell them: "english" is "en"."""

from __future__ import annotations

from models.protocols import Language

_NAMES = """
af afrikaans, am amharic, ar arabic, as assamese, az azerbaijani, ba bashkir, be belarusian, bg bulgarian, bn bengali,
bo tibetan, br breton, bs bosnian, ca catalan, ca valencian, cs czech, cy welsh, da danish, de german, el greek,
en english, es spanish, es castilian, et estonian, eu basque, fa persian, fi finnish, fo faroese, fr french,
gl galician, gu gujarati, ha hausa, haw hawaiian, he hebrew, hi hindi, hr croatian, ht haitian creole, ht haitian,
hu hungarian, hy armenian, id indonesian, is icelandic, it italian, ja japanese, jv javanese, ka georgian, kk kazakh,
km khmer, kn kannada, ko korean, la latin, lb luxembourgish, lb letzeburgesch, ln lingala, lo lao, lt lithuanian,
lv latvian, mg malagasy, mi maori, mk macedonian, ml malayalam, mn mongolian, mr marathi, ms malay, mt maltese,
my myanmar, my burmese, ne nepali, nl dutch, nl flemish, nn nynorsk, no norwegian, oc occitan, pa punjabi, pa panjabi,
pl polish, ps pashto, ps pushto, pt portuguese, ro romanian, ro moldavian, ro moldovan, ru russian, sa sanskrit,
sd sindhi, si sinhala, si sinhalese, sk slovak, sl slovenian, sn shona, so somali, sq albanian, sr serbian,
su sundanese, sv swedish, sw swahili, ta tamil, te telugu, tg tajik, th thai, tk turkmen, tl tagalog, tr turkish,
tt tatar, uk ukrainian, ur urdu, uz uzbek, vi vietnamese, yi yiddish, yo yoruba, yue cantonese, zh chinese, zh mandarin
"""
_CODES = {name: code for code, name in (pair.strip().split(" ", 1) for pair in _NAMES.replace("\n", " ").split(","))}


def code_of(name: str) -> Language:
    """The code of a language that is told by its name or, as other servers do, by its code ("fr", "fr-FR")."""
    told = name.strip().casefold()
    return _CODES.get(told, told.replace("_", "-").split("-")[0])
