"""The baseline of a download: bare views in the same server, behind the same middleware, on the same database.

``update`` does one ``UPDATE … RETURNING`` by key and redirects; ``select`` does one ``SELECT`` by key and redirects.
"""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

from sharesite.urls import handler404, handler500
from sharesite.urls import urlpatterns as product

__all__ = ["handler404", "handler500"]

TABLE = "CREATE TABLE IF NOT EXISTS bench_floor (id varchar(22) PRIMARY KEY, taken integer NOT NULL)"


def _redirect() -> HttpResponse:
    return HttpResponse(status=303, headers={"Location": "/elsewhere"})


def update(_request: HttpRequest, key: str) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE bench_floor SET taken = taken + 1 WHERE id = %s RETURNING taken", [key])
        cursor.fetchone()
    return _redirect()


def select(_request: HttpRequest, key: str) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT taken FROM bench_floor WHERE id = %s", [key])
        cursor.fetchone()
    return _redirect()


urlpatterns = [path("floor/update/<str:key>", update), path("floor/select/<str:key>", select), *product]
