//! A candidate of the crate kube-leader-election that reports what it does in the same words as the
//! project's own candidate processes, so that one checker can read both. It goes by the crate's example
//! `shared-lease`: whether it leads is what the last call that succeeded said, and an error changes nothing.

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube_leader_election::{LeaseLock, LeaseLockParams, LeaseLockResult};
use serde::Deserialize;
use serde_json::{json, Value};
use std::io::{Read, Write};
use std::sync::Mutex;
use std::time::Duration;
use tokio::signal::unix::{signal, SignalKind};

const PROBE: Duration = Duration::from_millis(5);

#[derive(Deserialize, Clone)]
#[serde(rename_all = "camelCase")]
struct Settings {
    who: String,
    kube_config_path: String,
    name: String,
    namespace: String,
    lease_duration_seconds: u64,
    retry_period_seconds: u64,
}

/// The machine's monotonic clock in milliseconds, which all processes share.
fn machine_now() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a value that lives as long as the call.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}

/// Whether it leads, and since when that was last found true.
struct Leadership {
    who: String,
    leads: bool,
    last_true: f64,
}

impl Leadership {
    fn report(&self, event: &str, more: Value) {
        let mut line = json!({ "at": machine_now(), "who": self.who, "event": event });
        if let (Value::Object(line), Value::Object(more)) = (&mut line, more) {
            line.extend(more);
        }
        let mut out = std::io::stdout().lock();
        writeln!(out, "{line}").and_then(|()| out.flush()).expect("the test reads");
    }

    fn set(&mut self, leads: bool) {
        if leads && !self.leads {
            self.last_true = machine_now();
            self.report("leads", json!({}));
        }
        if !leads && self.leads {
            self.report("leadsNoMore", json!({ "lastTrue": self.last_true }));
        }
        self.leads = leads;
    }

    fn probe(&mut self) {
        if self.leads {
            self.last_true = machine_now();
        }
    }
}

async fn campaign(lock: &LeaseLock, leadership: &Mutex<Leadership>, retry: Duration) {
    loop {
        if let Ok(result) = lock.try_acquire_or_renew().await {
            let leads = matches!(result, LeaseLockResult::Acquired(_));
            leadership.lock().expect("no panic").set(leads);
        }
        tokio::time::sleep(retry).await;
    }
}

async fn probing(leadership: &Mutex<Leadership>) {
    loop {
        leadership.lock().expect("no panic").probe();
        tokio::time::sleep(PROBE).await;
    }
}

/// Ends the process when the pipe to the test that started it is closed.
fn exit_with_parent() {
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
}

#[tokio::main]
async fn main() {
    let argument = std::env::args().nth(1).expect("settings as JSON");
    let settings: Settings = serde_json::from_str(&argument).expect("settings as JSON");
    exit_with_parent();
    let file = Kubeconfig::read_from(&settings.kube_config_path).expect("a kubeconfig");
    let config = kube::Config::from_custom_kubeconfig(file, &KubeConfigOptions::default())
        .await
        .expect("a kubeconfig");
    let client = kube::Client::try_from(config).expect("a client");
    let params = LeaseLockParams {
        holder_id: settings.who.clone(),
        lease_name: settings.name.clone(),
        lease_ttl: Duration::from_secs(settings.lease_duration_seconds),
    };
    let lock = LeaseLock::new(client, &settings.namespace, params);
    let who = settings.who.clone();
    let leadership = Mutex::new(Leadership { who, leads: false, last_true: 0.0 });
    let mut terminate = signal(SignalKind::terminate()).expect("signals");
    leadership.lock().expect("no panic").report("up", json!({}));
    tokio::select! {
        () = campaign(&lock, &leadership, Duration::from_secs(settings.retry_period_seconds)) => (),
        () = probing(&leadership) => (),
        _ = terminate.recv() => (),
    }
    // The work first, then the lock.
    leadership.lock().expect("no panic").set(false);
    let released = lock.step_down().await.is_ok();
    let outcome = json!({ "outcome": { "reason": "stopped", "released": released } });
    leadership.lock().expect("no panic").report("ended", outcome);
    std::process::exit(0);
}
