"""S22: a link of ours leads where the shop said, or nowhere; never where an address says.

What ``next`` of the sign-in may say: ``tests/platform/accounts/test_sign_in.py``.
"""

import pytest

from tests.support.site import Site

TOKENS = ["x", "1-AAAAAAAAAAAA", "\\evil.com", "%09/evil", "1-%2e%2e%2f", "https:evil.com",
          "javascript:alert(1)", "//evil.com", "1-AAAAAAAAAAAA?next=//evil.com"]  # fmt: skip


@pytest.mark.parametrize("token", TOKENS)
def test_s22_a_tampered_link_leads_nowhere(site: Site, token: str) -> None:
    for place in ("r", "o", "p"):
        answer = site.app.test_client().get(f"/{place}/{token}")
        assert answer.status_code in (404, 308)
        where = answer.headers.get("Location", "")
        assert where == "" or where.startswith(("http://localhost/", f"/{place}/"))
        assert "evil" not in where.partition("?")[0].split("/")[2:3]
