"""Settings of the API and the worker, read from environment variables."""

import sys
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import PostgresDsn, RedisDsn, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

LOCAL_ENVIRONMENTS = {"local", "dev"}
LOCAL_ORIGINS = ["http://localhost:5173", "http://127.0.0.1:5173"]


class Settings(BaseSettings):
    """One field for each environment variable, named as the variable in lower case.

    An empty variable counts as not set.
    """

    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True)

    environment: str = "local"
    database_url: PostgresDsn = PostgresDsn("postgresql://postgres:postgres@localhost:5432/ia_crm")
    redis_url: RedisDsn = RedisDsn("redis://localhost:6379/0")
    cors_origins: Annotated[list[str], NoDecode] = []

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: str | list[str]) -> list[str]:
        if isinstance(value, str):
            value = [part.strip() for part in value.split(",") if part.strip()]
        for origin in value:
            if not _is_origin(origin):
                raise ValueError(
                    f"{origin!r} is not an origin; write http(s)://host[:port] without a path, "
                    "several separated by commas"
                )
        return value

    @property
    def allowed_origins(self) -> list[str]:
        """The origins that may call the API from a browser.

        Exactly `CORS_ORIGINS` when it names any; otherwise the page's development origins in a
        local environment, and none in any other.
        """
        if self.cors_origins:
            return self.cors_origins
        return LOCAL_ORIGINS if self.environment in LOCAL_ENVIRONMENTS else []


def _is_origin(text: str) -> bool:
    # as browsers send it: lower case, no default port, nothing after the port
    # (https://fetch.spec.whatwg.org/#origin-header)
    try:
        url = urlsplit(text)
        default_port = {"http": 80, "https": 443}[url.scheme]
        port = "" if url.port in (None, default_port) else f":{url.port}"
    except (KeyError, ValueError):
        return False
    host = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname
    return bool(host) and "*" not in host and text == f"{url.scheme}://{host}{port}"


def load_settings() -> Settings:
    """Read the settings from the environment.

    Raises SystemExit, with one line for each wrong variable, when a value cannot be used.
    """
    try:
        return Settings()
    except ValidationError as error:
        lines = [
            f"{str(wrong['loc'][0]).upper()}: {wrong['msg'].removeprefix('Value error, ')}"
            for wrong in error.errors()
        ]
        sys.exit("\n".join(lines))
