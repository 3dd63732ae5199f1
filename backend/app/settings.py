"""Settings of the API and the worker, read from environment variables."""

import re
import sys
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from pydantic import Field, PostgresDsn, RedisDsn, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

LOCAL_ENVIRONMENTS = {"local", "dev"}
LOCAL_ORIGINS = ["http://localhost:5173", "http://127.0.0.1:5173"]
HOST_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?", re.ASCII)
NOT_PRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
MAX_NAME_BYTES = 63  # of a database or a user
# Postgres takes a password of this form for one that is hashed already, and nobody can log in with it
PASSWORD_HASH = re.compile(r"md5[0-9a-f]{32}|SCRAM-SHA-256\$\d+:.*", re.DOTALL)


def _database_url(parts: dict[str, Any]) -> str:
    user, password, database = (
        quote(parts.get(f"postgres_{name}", ""), safe="") for name in ("user", "password", "db")
    )
    return f"postgresql://{user}:{password}@{parts.get('postgres_address')}/{database}"


class Settings(BaseSettings):
    """One field for each environment variable, named as the variable in lower case.

    An empty variable counts as not set.
    """

    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True, hide_input_in_errors=True)

    environment: str = "local"
    api_url: str = ""  # where a person reaches the API, for its start line
    postgres_address: str = "localhost:5432"
    postgres_user: str = "postgres"
    postgres_password: str = Field("postgres", repr=False)
    postgres_db: str = "ia_crm"
    # made of the parts above, unless it is set itself
    database_url: PostgresDsn = Field(
        default_factory=_database_url, validate_default=True, repr=False
    )
    redis_url: RedisDsn = RedisDsn("redis://localhost:6379/0")
    cors_origins: Annotated[list[str], NoDecode] = []

    @field_validator("environment")
    @classmethod
    def _is_lower_case(cls, value: str) -> str:
        if not re.fullmatch(r"[a-z][a-z0-9_-]*", value, re.ASCII):
            raise ValueError("write a name in lower case, like local, dev or production")
        return value

    @field_validator("postgres_user", "postgres_db", "postgres_password")
    @classmethod
    def _is_printable(cls, value: str) -> str:
        if NOT_PRINTABLE.search(value):
            raise ValueError(
                "write it in UTF-8, without line ends, tabs and other control characters"
            )
        return value

    @field_validator("postgres_user", "postgres_db")
    @classmethod
    def _is_short(cls, value: str) -> str:
        if len(value.encode()) > MAX_NAME_BYTES:
            raise ValueError(f"write at most {MAX_NAME_BYTES} bytes, Postgres cuts off the rest")
        return value

    @field_validator("postgres_user")
    @classmethod
    def _is_taken_by_initdb(cls, value: str) -> str:
        # `initdb -U` of Postgres 18 refuses these
        if value in {"public", "none"} or value.startswith("pg_") or re.search(r"[\"'$\\]", value):
            raise ValueError(
                "write another name; Postgres takes none with quotes, $ or \\ in it, none that "
                "begins with pg_, and neither public nor none"
            )
        return value

    @field_validator("postgres_db")
    @classmethod
    def _is_no_template(cls, value: str) -> str:
        if value in {"template0", "template1"}:
            raise ValueError("write another name; Postgres copies new databases from this one")
        return value

    @field_validator("postgres_password")
    @classmethod
    def _is_no_hash(cls, value: str) -> str:
        if PASSWORD_HASH.fullmatch(value):
            raise ValueError("write another password; Postgres takes this one for a hash")
        return value

    @field_validator("redis_url")
    @classmethod
    def _has_a_database_number(cls, value: RedisDsn) -> RedisDsn:
        if not re.fullmatch(r"/\d*", value.path or "/", re.ASCII) or value.port == 0:
            raise ValueError("write redis://host:port/number")
        return value

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
        host = _serialize_host(url.hostname or "")
    except (KeyError, ValueError):
        return False
    return url.port != 0 and text == f"{url.scheme}://{host}{port}"


def _serialize_host(host: str) -> str:
    # https://url.spec.whatwg.org/#host-parsing: a name whose last part is a number is an IPv4 address
    if ":" in host:
        return f"[{IPv6Address(host)}]"
    labels = host.removesuffix(".").split(".")
    if re.fullmatch(r"\d+|0x[0-9a-f]*", labels[-1], re.ASCII):
        return str(IPv4Address(host))
    if not all(map(HOST_LABEL.fullmatch, labels)):
        raise AddressValueError(host)
    return host


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
            if wrong["type"] != "default_factory_not_called"  # a part of DATABASE_URL is wrong
        ]
        sys.exit("\n".join(lines))
