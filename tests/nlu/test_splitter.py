from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.splitter import QuestionSplitter, pieces_of


@pytest.fixture(scope="module")
def splitter() -> QuestionSplitter:
    return QuestionSplitter(QuestionSplitter.get_default_config())


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Who handles visas and how do I call the press?", ["Who handles visas", "how do I call the press?"]),
        ("Qui gère les visas ? Et le mail de la presse ?", ["Qui gère les visas ?", "Et le mail de la presse ?"]),
        ("1) visa 2) presse", ["1) visa", "2) presse"]),
        ("visa\npresse", ["visa", "presse"]),
        ("Who handles visas?", []),
        ("wats SPEAR n wats IVLP", ["wats SPEAR", "wats IVLP"]),
        ("explain RSO then explain OSC", ["explain RSO", "explain OSC"]),
        ("ki dirige le bureau culturel é son numero", ["ki dirige le bureau culturel", "son numero"]),
        ("american center phone n email", ["american center phone", "email"]),
        ("je n ai pas de visa", []),
        ("aidez-vous ceux qui n'ont plus rien ?", []),
        ("le RSO fait quoi le DAO fait quoi", ["le RSO fait quoi", "le DAO fait quoi"]),
        ("dites moi c'est quoi usaid", []),
        ("je cherche aussi qui protège les vieilles mosquées", []),
        ("tel presse plus mail du centre", ["tel presse", "mail du centre"]),
        ("primo les visas, secundo les bourses", ["primo les visas", "les bourses"]),
        ("fmf meaning imet meaning", ["fmf meaning", "imet meaning"]),
        ("visa pour études visa pour affaires", ["visa pour études", "visa pour affaires"]),
        (
            "the mission of SPEAR what skills do gendarmes learn",
            ["the mission of SPEAR", "what skills do gendarmes learn"],
        ),
        ("I want to know what the press office does", []),
        ("can you tell me which office handles visas", []),
        ("le mail de la presse aussi le nom de la personne", ["le mail de la presse", "le nom de la personne"]),
        ("donnez un conseiller ou bien le mail", ["donnez un conseiller", "le mail"]),
        ("1 le num de la presse 2 le site usaid", ["le num de la presse", "le site usaid"]),
        ("je veux 2 visas pour mes 2 enfants", []),
        (
            "We, the pupils of class 9, want to know what the embassy does, how it works, and who the consul is",
            ["We, the pupils of class 9, want to know what the embassy does", "how it works", "who the consul is"],
        ),
        (
            "I wish to know, firstly, whether you help villages, and secondly, where I can read more",
            ["I wish to know whether you help villages", "where I can read more"],
        ),
        (
            "Nous souhaitons savoir, d'une part, qui aide les fermes, et d'autre part, où vous écrire",
            ["Nous souhaitons savoir qui aide les fermes", "où vous écrire"],
        ),
        ("j'ai deux questions : qui gère les visas", []),
        (
            "Four points: what the traders' office does, who follows politics, the number for the press, and visas",
            [
                "Four points what the traders' office does",
                "who follows politics",
                "the number for the press",
                "visas",
            ],
        ),
        (
            "ca va? dis moi stp qui est le chef des affaires publiques, avec qui il travaille",
            ["ca va?", "dis moi stp qui est le chef des affaires publiques", "avec qui il travaille"],
        ),
    ],
)
def test_pieces_are_proposed(splitter: QuestionSplitter, text: str, pieces: list[str]) -> None:
    assert [part["text"] for part in splitter.split(text) if part["level"] == "piece"] == pieces


def test_an_indirect_question_at_the_end_of_a_long_list_is_a_piece() -> None:
    text = "Madame, moi, gérant, je demande quel agent suit le commerce, quel bureau achète, et enfin si on recrute"
    assert [(piece.text, piece.joint) for piece in pieces_of(text, 8)][1:] == [
        ("quel bureau achète", "sign"),
        ("si on recrute", "also"),
    ]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("who does visas, who heads press, what is the DAO, how do I call USAID, where is PAS and who guards", 6),
        ("press phone, american center phone, usaid site, visa fees, ambassador name", 5),
        ("numéro presse, adresse american center, site usaid, chef de la culture et passeport américain", 5),
        (
            "My father farms near Kita, my uncle sells cloth, my aunts are in Ségou, we all wish a visa, all six of us",
            1,
        ),
    ],
)
def test_long_lists_of_questions_fall_into_pieces_and_long_stories_do_not(text: str, pieces: int) -> None:
    assert len(pieces_of(text, 8)) == pieces


def test_joints_are_named(splitter: QuestionSplitter) -> None:
    text = "Who is the spokesperson? What is IMET, who runs it and also the phone"
    assert [part["joint"] for part in splitter.split(text) if part["level"] == "piece"] == [
        "", "sentence", "sign", "also",
    ]  # fmt: skip


def test_every_reading_says_which_pieces_it_holds(splitter: QuestionSplitter) -> None:
    spans = [part["span"] for part in splitter.split("visa and press and music. who leads?")]
    assert spans == [[0, 4], [0, 1], [1, 2], [2, 3], [3, 4], [0, 2], [1, 3], [2, 4], [0, 3]]


@given(st.text(max_size=1000))
def test_the_first_part_is_the_whole_and_there_are_few_others(text: str) -> None:
    parts = QuestionSplitter(QuestionSplitter.get_default_config()).split(text)
    assert parts[0]["level"] == "message"
    assert len(parts) <= 1 + 8 + 7 + 8
