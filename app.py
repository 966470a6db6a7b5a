"""What a WSGI server imports: ``gunicorn app:app``."""

from fracas.config import Config
from fracas.factory import create_app

app = create_app(Config.from_env())
