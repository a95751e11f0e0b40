"""The URLs of the administration: the pages of Django, and the storage doctor."""

from django.contrib import admin
from django.urls import path

from shares.admin import storage_doctor

urlpatterns = [
    path("storage/", admin.site.admin_view(storage_doctor.examine), name="admin-storage"),
    path("storage/delete-probe/", admin.site.admin_view(storage_doctor.delete_probe), name="admin-storage-delete"),
    path("", admin.site.urls),
]
