from tests.factories.loop import loop, world  # noqa: F401 - fixtures of the tests in this folder
