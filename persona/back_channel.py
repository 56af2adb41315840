def is_back_channel(text: str, language: str) -> bool:
    return text.lower().strip(" .") in ("mm-hm", "oui oui", "uh-huh")
