"""Number words against a list written by hand and a parser, dates against datetime's own."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from course_lib.datasets import translations
from course_lib.datasets.translations import EOS, PAD, SOS, UNK, Vocabulary, english, german

BY_HAND = {
    0: ("zero", "null"),
    1: ("one", "eins"),
    16: ("sixteen", "sechzehn"),
    21: ("twenty one", "ein und zwanzig"),
    30: ("thirty", "dreißig"),
    77: ("seventy seven", "sieben und siebzig"),
    100: ("one hundred", "ein hundert"),
    101: ("one hundred one", "ein hundert eins"),
    342: ("three hundred forty two", "drei hundert zwei und vierzig"),
    1000: ("one thousand", "ein tausend"),
    12_017: ("twelve thousand seventeen", "zwölf tausend siebzehn"),
    21_100: ("twenty one thousand one hundred", "ein und zwanzig tausend ein hundert"),
    101_001: ("one hundred one thousand one", "ein hundert ein tausend eins"),
}


@pytest.mark.parametrize("n", BY_HAND)
def test_words_written_by_hand(n: int) -> None:
    assert (" ".join(english(n)), " ".join(german(n))) == BY_HAND[n]


def value(words: tuple[str, ...], small: dict[str, int], hundred: str, thousand: str) -> int:
    """Read number words back: an independent reference in the other direction."""
    total = part = 0
    for word in words:
        if word == thousand:
            total, part = part * 1000, 0
        elif word == hundred:
            part *= 100
        elif word != "und":
            part += small[word]
    return total + part


def test_every_number_reads_back() -> None:
    units = {w: k for k, w in enumerate(translations.ENGLISH)}
    units |= {w: 10 * k for k, w in enumerate(translations.ENGLISH_TENS, 2)}
    einheiten = {w: k for k, w in enumerate(translations.GERMAN)} | {"ein": 1}
    einheiten |= {w: 10 * k for k, w in enumerate(translations.GERMAN_TENS, 2)}
    for n in [*range(1500), *range(20_000, 999_999, 7919)]:
        assert value(english(n), units, "hundred", "thousand") == n
        assert value(german(n), einheiten, "hundert", "tausend") == n


def test_dates_read_back_in_every_format() -> None:
    pairs = translations.dates(300, rng=3)
    forms = set()
    for source, target in zip(pairs.sources, pairs.targets, strict=True):
        words = [w for w in source if not w.isdigit()]
        digits = [w for w in source if w.isdigit()]
        year, day = "".join(digits[-4:]), digits[0]
        long = any(len(w) > 3 and w[:3] + "." not in w for w in words)
        month = next(
            w for w in words if w[:3] in "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
        )
        read = datetime.datetime.strptime(f"{day} {month[:3]} {year}", "%d %b %Y").date()
        assert read.isoformat() == "".join(target)
        weekday = [w for w in words if w != month]
        if weekday:
            assert f"{read:%A}".startswith(weekday[0])
        forms.add((long, len(source), source[0].isdigit()))
    assert len(forms) >= 4


def test_reversals_and_splits() -> None:
    pairs = translations.reversals(50, (2, 5), "abc", rng=0)
    assert {len(s) for s in pairs.sources} == {2, 3, 4, 5}
    assert all(
        "".join(t) == "".join(s)[::-1] for s, t in zip(pairs.sources, pairs.targets, strict=True)
    )
    train, test = translations.numbers(99).split(80, rng=1)
    assert len(train) == 80 and not set(train.sources) & set(test.sources)
    assert len(set(train.sources) | set(test.sources)) == 100
    with pytest.raises(ValueError, match="one part empty"):
        pairs.split(50, rng=0)


def test_the_lectures_batch() -> None:
    sources = ["i am here".split(), ["here"], "i sleep".split()]
    targets = ["io sono qui".split(), ["qui"], "io dormo".split()]
    words = Vocabulary([*sources[:2]]), Vocabulary(targets[:2])
    batch = translations.prepare(sources, targets, *words)
    assert batch.source.tolist() == [[4, 5, 6, 2], [6, 2, 0, 0], [4, 3, 2, 0]]
    assert batch.target_in.tolist() == [[1, 4, 5, 6], [1, 6, 0, 0], [1, 4, 3, 0]]
    assert batch.target_out.tolist() == [[4, 5, 6, 2], [6, 2, 0, 0], [4, 3, 2, 0]]
    assert batch.source_lengths.tolist() == batch.target_lengths.tolist() == [4, 2, 3]


def test_a_vocabulary_there_and_back() -> None:
    words = Vocabulary([["a", "b"], ["b", "c"]])
    assert words.words == ("<PAD>", "<SOS>", "<EOS>", "<UNK>", "a", "b", "c")
    assert words.encode(["c", "x"]) == [6, UNK]
    assert words.decode([SOS, 4, 6, EOS, 5, PAD]) == ("a", "c")
    assert translations.padded([[1, 2], [3]], 4).tolist() == [[1, 2, 0, 0], [3, 0, 0, 0]]


def test_bad_numbers_are_refused() -> None:
    for n in (-1, 1_000_000):
        with pytest.raises(ValueError, match="999999"):
            english(n)
    with pytest.raises(ValueError, match="2 sources but 1"):
        translations.Pairs("x", (("a",), ("b",)), (("a",),), "")
    assert np.issubdtype(translations.padded([[1]]).dtype, np.integer)
