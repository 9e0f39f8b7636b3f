"""A process with any number of candidates of the Python client's leader election, for the benchmark.

What it is told and what it says is described in test/bench/world/protocol.ts. The library cannot be
stopped and never releases its lock: a clean stop, SIGTERM, is the end of the process.
"""

import json
import os
import signal
import sys
import threading
import time

from kubernetes import config
from kubernetes.leaderelection import electionconfig, leaderelection
from kubernetes.leaderelection.resourcelock.leaselock import LeaseLock

settings = json.loads(sys.argv[1])
leaders = set()
printing = threading.Lock()


def report(event, **fields):
    line = json.dumps({"at": time.clock_gettime_ns(time.CLOCK_MONOTONIC) / 1e6, "event": event, **fields})
    with printing:
        print(line, flush=True)


def campaign(index):
    who = f"{settings['who']}-{index}"
    name = f"{settings['lock']}-{index}" if settings["lockEach"] else settings["lock"]

    def started():
        leaders.add(who)
        report("leads", who=who)

    def stopped():
        leaders.discard(who)
        report("stopped", who=who)
        if settings["probeMs"] > 0:
            report("leadsNoMore", who=who)

    leaderelection.LeaderElection(
        electionconfig.Config(
            LeaseLock(name, settings["namespace"], who),
            lease_duration=settings["leaseDurationSeconds"],
            renew_deadline=settings["renewDeadlineSeconds"],
            retry_period=settings["retryPeriodSeconds"],
            onstarted_leading=started,
            onstopped_leading=stopped,
        )
    ).run()
    report("ended", who=who, reason="returned")


def terminate(_signal, _frame):
    # Not through report(): the lock may be held by what this interrupts.
    at = time.clock_gettime_ns(time.CLOCK_MONOTONIC) / 1e6
    for who in leaders:
        os.write(1, (json.dumps({"at": at, "event": "stopped", "who": who}) + "\n").encode())
    os._exit(0)


signal.signal(signal.SIGTERM, terminate)
config.load_kube_config(settings["kubeConfigPath"])
for number in range(settings["startNow"]):
    threading.Thread(target=campaign, args=(number,), daemon=True).start()
report("up")
# The pipe ends with the benchmark, and this process with it.
for _ in sys.stdin:
    pass
os._exit(0)
