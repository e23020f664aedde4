"""Laws of the tests themselves: they reach this computer and nothing else."""

from __future__ import annotations

import os
import socket
import urllib.request

import pytest
from pytest_socket import SocketConnectBlockedError

# set aside for documentation (RFC 5737): nobody answers there
NOBODY = ("192.0.2.1", 443)


# the guard says aloud what it then refuses
@pytest.mark.filterwarnings("ignore:A test tried to use socket:UserWarning")
def test_a_test_cannot_reach_the_network():
    with pytest.raises(SocketConnectBlockedError), socket.socket() as plug:
        plug.connect(NOBODY)


def test_a_child_process_is_sent_nowhere():
    proxies = urllib.request.getproxies()
    assert proxies["https"] == proxies["http"] == os.environ["HTTPS_PROXY"]
    assert proxies["http"].startswith("http://127.0.0.1:9")
    assert urllib.request.proxy_bypass("127.0.0.1")


def test_a_test_reaches_this_computer():
    with socket.create_server(("127.0.0.1", 0)) as door, socket.socket() as plug:
        plug.connect(door.getsockname())
