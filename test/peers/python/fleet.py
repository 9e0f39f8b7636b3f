"""One candidate of a Python client's leader election, reporting in the same words as the project's own
candidate processes, so that one checker can read both.

The first argument names the client, `kubernetes` or `kubernetes_asyncio`; the settings are JSON in the
second. Neither client can be stopped or releases its lock: a clean stop, SIGTERM, is the end of the work
and then of the process.
"""

import asyncio
import importlib
import json
import os
import signal
import sys
import threading
import time

library, settings = sys.argv[1], json.loads(sys.argv[2])
LOCKS = {"lease": ("leaselock", "LeaseLock"), "configmap": ("configmaplock", "ConfigMapLock")}
PROBE_SECONDS = 0.005

leads = False
last_true = 0.0


def now():
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) / 1e6


def report(event, **fields):
    # One write, which neither a thread nor a signal can cut in two.
    os.write(1, (json.dumps({"at": now(), "who": settings["who"], "event": event, **fields}) + "\n").encode())


def begin():
    global leads, last_true
    last_true = now()
    leads = True
    report("leads")


def end():
    global leads
    if leads:
        leads = False
        report("leadsNoMore", lastTrue=last_true)


def probe():
    global last_true
    while True:
        if leads:
            last_true = now()
        time.sleep(PROBE_SECONDS)


def terminate(*_):
    end()
    report("ended", outcome={"reason": "stopped", "released": False})
    os._exit(0)


def exit_with_parent():
    # The pipe ends with the test, and this process with it.
    for _ in sys.stdin:
        pass
    os._exit(0)


def election(started, stopped, *client):
    module, name = LOCKS[settings["kind"]]
    package = f"{library}.leaderelection"
    lock = getattr(importlib.import_module(f"{package}.resourcelock.{module}"), name)
    config = importlib.import_module(f"{package}.electionconfig").Config(
        lock(settings["name"], settings["namespace"], settings["who"], *client),
        lease_duration=settings["leaseDurationSeconds"],
        renew_deadline=settings["renewDeadlineSeconds"],
        retry_period=settings["retryPeriodSeconds"],
        onstarted_leading=started,
        onstopped_leading=stopped,
    )
    return importlib.import_module(f"{package}.leaderelection").LeaderElection(config)


def synchronous():
    from kubernetes import config

    config.load_kube_config(settings["kubeConfigPath"])
    report("up")
    while True:
        try:
            election(begin, end).run()
        except Exception as error:
            report("failed", kind=type(error).__name__, message=str(error))
            # The stop callback was not called: what ends the work is the end of the process, as it
            # would be for a program that does not catch this.
            end()
        time.sleep(1)


async def asynchronous():
    from kubernetes_asyncio import client, config

    async def started():
        begin()

    async def stopped():
        end()

    await config.load_kube_config(settings["kubeConfigPath"])
    report("up")
    while True:
        async with client.ApiClient() as api:
            try:
                await election(started, stopped, api).run()
            except Exception as error:
                report("failed", kind=type(error).__name__, message=str(error))
                end()
        await asyncio.sleep(1)


signal.signal(signal.SIGTERM, terminate)
threading.Thread(target=exit_with_parent, daemon=True).start()
threading.Thread(target=probe, daemon=True).start()
if library == "kubernetes":
    synchronous()
else:
    asyncio.run(asynchronous())
