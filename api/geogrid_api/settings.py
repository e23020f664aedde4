"""Settings of the service, each from one environment variable: GEOGRID_PORT, GEOGRID_STORE ..."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from geogrid.errors import InputError

__all__ = ["PREFIX", "Settings", "load_settings"]

PREFIX = "GEOGRID_"
# of a basemap; {s} stands for its subdomains
_HOST = re.compile(r"(\{s\}\.)?[A-Za-z0-9.-]+(:[0-9]{1,5})?")
_PLACES = ("{z}", "{x}", "{y}")


class Settings(BaseSettings):
    """Hold every setting of the service; read once at the start, never changed.

    `load_settings` reads them and names the variable that holds a wrong value.
    ``docs/reference/settings.md`` is written from the descriptions below.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    store: SecretStr = Field(
        SecretStr(""),
        description="What is served: `postgresql://user:password@host/name`, `sqlite:///file` or a "
        "plain path. Kept out of every log, since it may hold a password.",
    )
    host: str = Field(
        "127.0.0.1", description="Address to listen on; leave it and let a reverse proxy speak TLS."
    )
    port: int = Field(8000, ge=0, le=65_535, description="Port to listen on; 0 takes a free one.")
    workers: int = Field(
        1, ge=1, le=64, description="Processes that answer; one per core is a good measure."
    )
    runner: bool = Field(
        True, description="Whether a process for long work (the process `layout`) runs beside them."
    )
    base_url: str = Field(
        "",
        description="Address under which readers know the service, `https://grids.example/v1`; "
        "links begin with it. Empty: what the request says.",
    )
    trusted_proxies: str = Field(
        "127.0.0.1,::1",
        description="Addresses or networks, with commas, whose `X-Forwarded-For` and "
        "`X-Forwarded-Proto` are believed.",
    )
    rate_public: float = Field(
        100.0,
        ge=0,
        description="Requests a second for each unknown address, in each worker; 0: no limit.",
    )
    rate_known: float = Field(
        500.0, ge=0, description="Requests a second for each known caller; 0: no limit."
    )
    rate_sign_in: float = Field(
        10.0, ge=0, description="Sign-ins a minute from one address; 0: no limit."
    )
    max_url: int = Field(
        8_192, ge=256, description="Longest address with its query, bytes; more is 414."
    )
    max_headers: int = Field(
        16_384, ge=1_024, description="Largest sum of all header lines, bytes; more is 431."
    )
    max_body: int = Field(
        32_000_000, ge=1_000, description="Largest body, bytes, unless a route says less; else 413."
    )
    max_upload: int = Field(
        200_000_000, ge=1_000, description="Largest plan file that may be handed in, bytes."
    )
    max_depth: int = Field(
        64, ge=4, description="How deep JSON may be nested in a body; deeper is 400."
    )
    timeout_s: float = Field(
        30.0, gt=0, description="An answer that has not begun by then is given up: 503."
    )
    body_timeout_s: float = Field(
        20.0, gt=0, description="How long the next piece of a body may take to arrive; then 408."
    )
    body_rate: int = Field(
        50_000,
        ge=1,
        description="Slowest body, bytes a second, once it has been waited for longer than "
        "`GEOGRID_BODY_TIMEOUT_S` altogether; slower is 408.",
    )
    stop_s: float = Field(
        8.0, gt=0, le=600, description="How long a stop waits for requests that are being answered."
    )
    refresh_s: float = Field(
        0.5, gt=0, description="How often a worker looks whether another version is in force."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="From where on events are logged; requests are `info`."
    )
    log_format: Literal["json", "console"] = Field(
        "json", description="One JSON object a line, or words for a person."
    )
    metrics: Literal["local", "admin", "off"] = Field(
        "local",
        description="Who may read `/metrics`: this computer, an account that may administer, "
        "nobody.",
    )
    tiles: str = Field(
        "", description="Folder of tiles cut ahead (PMTiles); empty: cut when asked for, and kept."
    )
    review_no: str = Field(
        "",
        max_length=100,
        description="The map's review number (审图号), shown instead of 内部工作用图.",
    )
    basemap: str = Field(
        "",
        max_length=2_000,
        description="What lies under the grids on the web map: `https://host/{z}/{x}/{y}.png`; or "
        "a path: a PMTiles file of pictures, a folder `z/x/y.png`. Empty: nothing is loaded.",
    )
    basemap_attribution: str = Field(
        "", max_length=500, description="Whom to name for it, plain text."
    )
    hsts_s: int = Field(
        31_536_000,
        ge=0,
        description="How long browsers shall insist on https, seconds; only said over https.",
    )

    @field_validator("base_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        """Want a scheme and a host; drop the slash at the end."""
        if not value:
            return value
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
            raise ValueError("give http(s)://host[/path]")
        return value.rstrip("/")

    @field_validator("basemap")
    @classmethod
    def _is_basemap(cls, value: str) -> str:
        """Want http(s) with a plain host, or a path; the host goes into the page's policy."""
        if "://" not in value:
            return value
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(parts.netloc):
            raise ValueError("give http(s)://host/{z}/{x}/{y}.png, or a path of this machine")
        if any(k not in value for k in _PLACES):
            raise ValueError("give an address with {z}, {x} and {y}; a PMTiles file by its path")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        """Want addresses or networks."""
        for word in filter(None, map(str.strip, value.split(","))):
            ip_network(word, strict=False)
        return value


def load_settings(**given: Any) -> Settings:  # noqa: ANN401 - as many kinds as there are settings
    """Read the settings from the environment.

    Parameters
    ----------
    **given : Any
        Settings that the command line names; they come before the environment.

    Returns
    -------
    Settings
        All of them.

    Raises
    ------
    InputError
        If a value cannot be used; the message names the variable, never its value.

    Examples
    --------
    >>> load_settings(port=8080).port
    8080
    """
    try:
        return Settings(**given)
    except ValidationError as error:
        told = [
            f"{PREFIX}{str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in error.errors()
        ]
        raise InputError(
            f"A setting cannot be used ({'; '.join(told)}); see docs/reference/settings.md."
        ) from None
