"""Who is behind a number: the same digits for one person, whichever carrier was given them, and in which form."""

CODES = {"in": "91", "id": "62", "ph": "63", "mx": "52", "co": "57", "tha": "66", "vn": "84"}
SHORTEST_NATIONAL = {"in": 10, "id": 9, "ph": 10, "mx": 10, "co": 10, "tha": 8, "vn": 9}  # digits, national plans
MEXICAN_MOBILE_LENGTH = 13  # 52, an obsolete 1, and ten digits


def international(number: str, *, country: str) -> str:
    """Digits with the country's code. `country` is Yunhu's short code, empty for numbers that have theirs already.

    A number that begins with the code counts as international only if enough digits follow: 9123456789 is an
    Indian's national number.
    """
    code = CODES.get(country, "")
    if not code:
        return number
    if number.startswith(code) and len(number) - len(code) >= SHORTEST_NATIONAL[country]:
        return _without_mobile_one(number) if country == "mx" else number
    return code + number.lstrip("0")


def _without_mobile_one(number: str) -> str:
    return "52" + number[3:] if number[2] == "1" and len(number) == MEXICAN_MOBILE_LENGTH else number
