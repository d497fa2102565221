"""Records on which of several Memcacheds pylibmc puts keys: python3 hashing.py > hashing.json

It needs servers on the ports below, and Debian's python3-pylibmc.
"""
import json
import socket

import pylibmc

SERVERS = ["127.0.0.1:21101", "127.0.0.1:11211", "127.0.0.1:21102", "127.0.0.1:21103"]
KEYS = [":1:django.contrib.sessions.cache%032x" % (n * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128) for n in range(60)]
BEHAVIORS = {"modula": {}, "ketama": {"ketama": True}, "ketama_weighted": {"ketama_weighted": True}}


def holds(server, key):
    host, port = server.split(":")
    with socket.create_connection((host, int(port))) as conn:
        conn.sendall(b"get %s\r\n" % key.encode())
        return conn.recv(1000).startswith(b"VALUE")


def places(behaviors):
    client = pylibmc.Client(SERVERS, behaviors=behaviors)
    client.flush_all()
    client.set_multi(dict.fromkeys(KEYS, {"a": 1}), 100)
    return [next(i for i, server in enumerate(SERVERS) if holds(server, key)) for key in KEYS]


print(json.dumps({
    "pylibmc": pylibmc.__version__, "servers": SERVERS, "keys": KEYS,
    "places": {name: places(behaviors) for name, behaviors in BEHAVIORS.items()},
}, indent=1))
