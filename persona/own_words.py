def is_own_words(heard: str, said: str) -> bool:
    return bool(heard) and heard.lower().strip(" .") in said.lower()
