"""Laws of the settings: each from its variable, a wrong one named, a secret one hidden."""

from __future__ import annotations

import pytest

from geogrid.errors import InputError
from geogrid_api.settings import Settings, load_settings


def test_settings_come_from_the_environment_and_the_command_line_wins(monkeypatch):
    monkeypatch.setenv("GEOGRID_PORT", "8123")
    monkeypatch.setenv("GEOGRID_WORKERS", "3")
    settings = load_settings(port=9000)
    assert (settings.port, settings.workers) == (9000, 3)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("WORKERS", "0"),
        ("BASE_URL", "grids.example"),
        ("TRUSTED_PROXIES", "10.0.0.0/33"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_a_wrong_value_names_its_variable(monkeypatch, name, value):
    monkeypatch.setenv(f"GEOGRID_{name}", value)
    with pytest.raises(InputError, match=f"GEOGRID_{name}"):
        load_settings()


def test_the_stores_password_is_nowhere_to_be_read(monkeypatch):
    monkeypatch.setenv("GEOGRID_STORE", "postgresql://geogrid:hush@db/geogrid")
    monkeypatch.setenv("GEOGRID_PORT", "hush-hush")
    with pytest.raises(InputError) as caught:
        load_settings()
    assert "hush" not in str(caught.value)
    assert "hush" not in repr(load_settings(port=1))


def test_every_setting_says_what_it_is_for():
    assert not [name for name, field in Settings.model_fields.items() if not field.description]
