from tests.factories.served import served, served_app  # noqa: F401 - fixtures of the tests in this folder
