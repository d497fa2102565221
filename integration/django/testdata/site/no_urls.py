"""No pages at all: those of the site need its admin."""

urlpatterns = []
