"""
Cases for src/model/renderer/vocabulary-peer.test.ts: the published vocabulary of the Qwen models as byte-pair merges, and what
tiktoken makes of many texts with it. Usage: qwen-vocabulary.py <qwen.tiktoken> <folder>. Needs tiktoken.
"""
import base64
import json
import random
import sys
import unicodedata

import tiktoken

PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)

WRITTEN = [
    "It's the 3rd number: 12345, isn't it?",
    '<grounding>{"bbox_2d": [0.25, 0.1, 0.5, 0.333], "source": "observation_12"}</grounding>',
    "你好，世界！这张图片里有几只猫？",
    "日本語のテキスト と 한국어, مرحبا بالعالم, ВСЕ КАПСОМ",
    "🦊🐈‍⬛👩🏽‍🚀 naïve café “quotes” … ½ ²\u00a0\u200b",
    "  leading and   multiple   spaces \n\n\n and\r\nlines\t\ttabs",
    "def f(x):\n    return x**2  # squared\n",
    "a" * 200,
    "x\n" * 50,
    "",
]


def main(vocabulary: str, folder: str) -> None:
    with open(vocabulary, "rb") as lines:
        ranks = {base64.b64decode(line.split()[0]): int(line.split()[1]) for line in lines if line.strip()}
    letters = symbols()
    spelt = {token: "".join(letters[byte] for byte in token) for token in ranks}
    merges = []
    for token, rank in sorted(ranks.items(), key=lambda item: item[1]):
        if len(token) > 1:
            merges.append([spelt.get(part) for part in halves(token, rank, ranks)])
    write(f"{folder}/bpe.json", {"vocab": {spelt[token]: rank for token, rank in ranks.items()}, "merges": merges})
    encoding = tiktoken.Encoding("qwen", pat_str=PATTERN, mergeable_ranks=ranks, special_tokens={})
    texts = [unicodedata.normalize("NFC", text) for text in WRITTEN + drawn(400)]
    write(f"{folder}/cases.json", [{"text": text, "ids": encoding.encode(text)} for text in texts])


def symbols() -> list[str]:
    """A printable character for each byte, as byte-level BPE has them."""
    printable = [byte for byte in range(256) if 33 <= byte <= 126 or 161 <= byte <= 172 or 174 <= byte]
    others = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]


def halves(token: bytes, rank: int, ranks: dict[bytes, int]) -> list[bytes]:
    """The two tokens of which a token was merged: what is left when only earlier merges are done."""
    parts = [bytes([byte]) for byte in token]
    while len(parts) > 2:
        pairs = [(ranks.get(a + b, rank), i) for i, (a, b) in enumerate(zip(parts, parts[1:]))]
        best, i = min(pairs)
        assert best < rank, token
        parts[i : i + 2] = [parts[i] + parts[i + 1]]
    return parts


def drawn(count: int) -> list[str]:
    random.seed(1)
    kinds = [
        lambda: chr(random.randint(32, 126)),
        lambda: chr(random.randint(0x4E00, 0x9FFF)),
        lambda: random.choice(" \n\t.,0123456789"),
        lambda: chr(random.randint(0xA0, 0x17F)),
        lambda: random.choice("🦊🍎🚲"),
    ]
    return ["".join(random.choice(kinds)() for _ in range(random.randint(1, 80))) for _ in range(count)]


def write(file: str, value: object) -> None:
    with open(file, "w") as out:
        json.dump(value, out)


main(*sys.argv[1:])
