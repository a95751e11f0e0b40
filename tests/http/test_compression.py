"""Pages are compressed where that gives no secret away."""

import gzip
import re
from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client

from shares.models import Share, User

MakeShare = Callable[..., Share]
GZIP = {"Accept-Encoding": "gzip, deflate, br, zstd"}
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="(\w+)"')


def get(client: Client, path: str, encodings: str = GZIP["Accept-Encoding"]) -> HttpResponse:
    return client.get(path, headers={"Accept": "text/html", "Accept-Encoding": encodings})  # type: ignore[return-value]


def test_a_page_is_compressed_for_browsers_that_accept_it(make_share: MakeShare, client: Client) -> None:
    path = f"/share/{make_share([b'one', b'two'], title='Drawings').pk}"
    response, plain = get(client, path), get(client, path, "br, gzip;q=0")
    assert response["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain
    assert b"Drawings" in gzip.decompress(response.content)
    assert int(response["Content-Length"]) == len(response.content) < len(plain.content) / 2
    assert {"Accept-Encoding", "Cookie"} <= {name.strip() for name in response["Vary"].split(",")}
    assert "Accept-Encoding" in plain["Vary"]


def test_its_length_and_its_tokens_differ_in_each_response(make_share: MakeShare, client: Client) -> None:
    path = f"/share/{make_share().pk}"
    responses = [get(client, path) for _ in range(40)]
    tokens = [TOKEN.search(gzip.decompress(response.content)) for response in responses]
    assert len({token[1] for token in tokens if token}) == len(responses)
    assert len({len(response.content) for response in responses}) > 10


@pytest.mark.parametrize("query", ["?q=abc", "?state=live", "?sort=newest", "?cursor=abc", "?next=/", "?page=1&q=a"])
def test_a_page_that_may_repeat_its_request_is_not_compressed(query: str, client: Client, owner: User) -> None:
    client.force_login(owner)
    assert get(client, "/shares/")["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in get(client, f"/shares/{query}")


def test_pages_of_recipients_repeat_neither_order_nor_number(make_share: MakeShare, client: Client) -> None:
    path = f"/share/{make_share().pk}"
    for query, is_compressed in {"?sort=size&page=1": True, "?sort=zzzz": True, "?next=zzzz": False}.items():
        response = get(client, path + query)
        assert response.has_header("Content-Encoding") is is_compressed, query
        assert b"zzzz" not in (gzip.decompress(response.content) if is_compressed else response.content)


def test_a_response_to_a_form_and_what_is_no_page_stay_as_they_are(make_share: MakeShare, client: Client) -> None:
    path = f"/share/{make_share(password='open sesame').pk}"
    headers = {"Accept": "text/html", **GZIP}
    assert "Content-Encoding" not in client.post(f"{path}/unlock", {"password": "wrong"}, headers=headers)
    assert "Content-Encoding" not in client.post(f"{path}/download", {"password": "open sesame"}, headers=headers)
    assert "Content-Encoding" not in client.get("/healthz", headers=headers)
    assert "Content-Encoding" not in client.get("/api/v1/me", headers=headers)
