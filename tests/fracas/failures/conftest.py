from tests.factories.loop import loop, world  # noqa: F401 - fixtures of the tests in this folder
from tests.factories.served import served, served_app  # noqa: F401 - likewise
