import pytest

from regulars.rule_engine.markdown import to_html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Hello\nthere\n\nyou", "<p>Hello<br>there</p>\n<p>you</p>"),
        ("# Sale\nToday", "<h1>Sale</h1>\n<p>Today</p>"),
        ("- one\n- two\n1. first", "<ul><li>one</li><li>two</li></ul>\n<ol><li>first</li></ol>"),
        ("**big** and *small*", "<p><strong>big</strong> and <em>small</em></p>"),
        (
            "[shop](https://shop.example/a?b=1&c=2)",
            '<p><a href="https://shop.example/a?b=1&amp;c=2">shop</a></p>',
        ),
        ("2 * 3 * 4", "<p>2 * 3 * 4</p>"),
        ("", ""),
    ],
)
def test_texts_become_mail(text: str, html: str) -> None:
    assert to_html(text) == html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="x">',
        "[x](javascript:alert(1))",
        '[x](https://a.example/"onclick="x)',
        "**<b onclick=x>**",
    ],
)
def test_nothing_of_it_is_ever_live(text: str) -> None:
    html = to_html(text)
    assert "<script" not in html
    assert "<img" not in html
    assert "<b " not in html
    assert 'href="javascript' not in html
    assert 'onclick="' not in html
