#!/usr/bin/env python3
"""Emits one counter, gauge and timer with the client of the agent line protocol.

usage: spectator_live.py udp://127.0.0.1:PORT
"""

import sys

from spectator import Config, Registry

registry = Registry(Config(sys.argv[1], extra_common_tags={"nf.app": "live"}))
registry.counter("live.counter", {"kind": "a b"}).increment(42)
registry.gauge("live.gauge", ttl_seconds=300).set(42.5)
timer = registry.timer("live.timer")
timer.record(0.25)
timer.record(0.75)
registry.close()
