"""One candidate of the Python client's leader election that tells a test what happens to it, a word a line.

`started` and `stopped` are its callbacks, `returned` the end of run(), `raised NAME` an exception out of it;
`waits` is told once, when it has found the lock held by another.
What its work does is one of the settings, which are JSON in the first argument.
"""

import json
import logging
import os
import sys
import threading

from kubernetes import config
from kubernetes.leaderelection import electionconfig, leaderelection
from kubernetes.leaderelection.resourcelock.configmaplock import ConfigMapLock
from kubernetes.leaderelection.resourcelock.leaselock import LeaseLock

settings = json.loads(sys.argv[1])


def tell(*words):
    print(*words, flush=True)


class Waits(logging.Handler):
    def emit(self, record):
        if "yet to finish lease_duration" in record.getMessage():
            tell("waits")
            logging.getLogger().removeHandler(self)


def started():
    tell("started")
    if settings["work"] == "raises":
        raise ValueError("the work failed")
    if settings["work"] == "goes on":
        threading.Event().wait()


def campaign():
    lock = {"lease": LeaseLock, "configmap": ConfigMapLock}[settings["kind"]]
    try:
        leaderelection.LeaderElection(
            electionconfig.Config(
                lock(settings["name"], settings["namespace"], settings["who"]),
                lease_duration=settings["leaseDurationSeconds"],
                renew_deadline=settings["renewDeadlineSeconds"],
                retry_period=settings["retryPeriodSeconds"],
                onstarted_leading=started,
                onstopped_leading=lambda: tell("stopped"),
            )
        ).run()
        tell("returned")
    except Exception as error:
        tell("raised", type(error).__name__)


logging.basicConfig(level=logging.INFO, handlers=[Waits()])
config.load_kube_config(settings["kubeConfigPath"])
threading.Thread(target=campaign, daemon=True).start()
# The pipe ends with the test, and this process with it.
for _ in sys.stdin:
    pass
os._exit(0)
