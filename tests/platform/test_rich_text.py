"""Formatted texts: what is kept of HTML, and how it reads without."""

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.platform.rich_text import RichText, clean, read

LINK = 'target="_blank" rel="noopener noreferrer nofollow"'


@pytest.mark.parametrize(
    ("given_text", "html", "plain"),
    [
        ("Hello", "<p>Hello</p>", "Hello"),
        ("a < b & c", "<p>a &lt; b &amp; c</p>", "a < b & c"),
        ("one\ntwo\n\nthree", "<p>one<br>two</p><p>three</p>", "one\ntwo\nthree"),
        ("<div>a</div><div>b<br></div><div><br></div>", "<p>a</p><p>b</p>", "a\nb"),
        ("<b>x</b><i>y</i>", "<p><strong>x</strong><em>y</em></p>", "xy"),
        ("<h1>A</h1><h5>B</h5>", "<h2>A</h2><h3>B</h3>", "A\nB"),
        ("<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("<ol><li><p>a</p><ul><li>b</ul></ol>", "<ol><li>a</li><li>b</li></ol>", "- a\n- b"),
        ("<ul><li>a</ul>c", "<ul><li>a</li></ul><p>c</p>", "- a\nc"),
        ("<li>a</li>", "<p>a</p>", "a"),
        ("<ul></ul><p> </p><br>", "", ""),
        ("<p>a <b>b<p>c", "<p>a <strong>b</strong></p><p><strong>c</strong></p>", "a b\nc"),
        ("<a href=tel:10086>call</a>", f'<p><a href="tel:10086" {LINK}>call</a></p>', "call"),
        ("<a href=/w/shop>x</a><a href=//evil>y</a>", "<p>xy</p>", "xy"),
        ("<table><tr><td>a</td></tr><tr><td>b</td></tr></table>", "<p>a</p><p>b</p>", "a\nb"),
        ("<p>&#1114111;&nbsp;x</p>", "<p>\U0010ffff x</p>", "\U0010ffff x"),
    ],
)  # fmt: skip
def test_what_is_kept_and_how_it_reads(given_text: str, html: str, plain: str) -> None:
    found = read(given_text)
    parts = sorted(found.html.replace('rel="noopener noreferrer nofollow" target="_blank"', LINK))
    assert (parts, str(found)) == (sorted(html), plain)


PIECES = st.sampled_from([
    "<p>", "</p>", "<div>", "</div>", "<ul>", "</ul>", "<ol>", "</ol>", "<li>", "</li>", "<b>",
    "</b>", "<em>", "</em>", "<h1>", "</h1>", "<h3>", "</h3>", "<br>", "<a href='https://x.example'>",
    "</a>", "<table>", "<td>", "</table>", "a", " b ", "&amp;", "&lt;p&gt;", "<", "\n", "\u00a0",
    "<!--", "-->", "<svg>", "<style>", "</style>", "</svg>", "<script>", "</script>", "<math>",
])  # fmt: skip


@given(st.lists(PIECES, max_size=24).map("".join))
@settings(max_examples=300, deadline=None)
def test_reading_what_was_kept_changes_nothing_any_more(text: str) -> None:
    once = read(text)
    again = read(once.html) if once.html else once
    assert (again.html, str(again)) == (once.html, str(once))
    assert clean(once.html) == once.html


def test_the_same_words_in_another_format_are_another_text() -> None:
    plain, strong = read("<p>a</p>"), read("<p><b>a</b></p>")
    assert (plain == "a", strong == "a", plain == strong, plain != strong) == (
        True,
        True,
        False,
        True,
    )
    assert len({plain, strong, read("<p>a</p>")}) == 2
    copied = pickle.loads(pickle.dumps(strong))  # noqa: S301 - our own
    assert isinstance(copied, RichText)
    assert copied == strong


@pytest.mark.parametrize(
    "piece", ["<ul><li>", "<b>", "<div>", "<p><b><i>", "<a href=x>", "<table><td>"]
)
def test_depth_is_no_bomb(piece: str) -> None:
    assert len(read(piece * (20_000 // len(piece)) + "x").html) < 200_000
