"""Settings of the API and the worker, read from environment variables."""

import re
import sys
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import Field, PostgresDsn, RedisDsn, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

LOCAL_ENVIRONMENTS = {"local", "dev"}
LOCAL_ORIGINS = ["http://localhost:5173", "http://127.0.0.1:5173"]
# as browsers send it: lower case, nothing after the port (https://fetch.spec.whatwg.org/#origin-header)
ORIGIN = re.compile(r"https?://([a-z0-9_.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?", re.ASCII)


def _database_url(parts: dict[str, Any]) -> str:
    user, password, database = (
        quote(parts[f"postgres_{name}"], safe="") for name in ("user", "password", "db")
    )
    return f"postgresql://{user}:{password}@{parts['postgres_address']}/{database}"


class Settings(BaseSettings):
    """One field per environment variable. An empty variable counts as unset."""

    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True, hide_input_in_errors=True)

    environment: str = "local"
    postgres_address: str = "localhost:5432"
    postgres_user: str = "postgres"
    postgres_password: str = Field("postgres", repr=False)
    postgres_db: str = "ia_crm"
    # built from the fields above unless DATABASE_URL is set
    database_url: PostgresDsn = Field(
        default_factory=_database_url, validate_default=True, repr=False
    )
    redis_url: RedisDsn = RedisDsn("redis://localhost:6379/0")
    cors_origins: Annotated[list[str], NoDecode] = []

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: str | list[str]) -> list[str]:
        if isinstance(value, str):
            value = [part.strip() for part in value.split(",") if part.strip()]
        for origin in value:
            if not ORIGIN.fullmatch(origin):
                raise ValueError(
                    f"{origin!r} is not an origin. Write http(s)://host[:port] without a path, "
                    "in lower case, several separated by commas"
                )
        return value

    @property
    def allowed_origins(self) -> list[str]:
        """Return the origins that may call the API from a browser.

        `CORS_ORIGINS` if it is set, else the page's origins in a local environment, else none.
        """
        if self.cors_origins:
            return self.cors_origins
        return LOCAL_ORIGINS if self.environment.lower() in LOCAL_ENVIRONMENTS else []


def load_settings() -> Settings:
    """Read the settings from the environment.

    Raises SystemExit with one line per invalid variable.
    """
    try:
        return Settings()
    except ValidationError as error:
        lines = [
            f"{str(wrong['loc'][0]).upper()}: {wrong['msg'].removeprefix('Value error, ')}"
            for wrong in error.errors()
        ]
        sys.exit("\n".join(lines))
