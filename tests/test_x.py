import pytest, urllib.request
from django.db import connection
@pytest.mark.django_db
def test_db(): 
    with connection.cursor() as c: c.execute("select 1"); print(connection.vendor, connection.settings_dict["NAME"])
def test_s3(storage_server): assert urllib.request.urlopen(storage_server.url+"/healthz").status==200
def test_broker(broker_server): assert broker_server.answers()
