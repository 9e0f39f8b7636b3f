import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfigBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.ConfigMapLock;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.Lock;
import java.io.File;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * A candidate of fabric8's leader election that reports what it does in the same words as the project's
 * own candidate processes, so that one checker can read both. It goes by the callbacks.
 */
public final class Candidate {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long PROBE_MS = 5;

  private final JsonNode settings;
  private boolean leads;
  private double lastTrue;

  private Candidate(JsonNode settings) {
    this.settings = settings;
  }

  public static void main(String[] args) throws Exception {
    new Candidate(JSON.readTree(args[0])).run();
  }

  private void run() throws Exception {
    daemon(this::exitWithParent);
    daemon(this::probe);
    Config config = Config.fromKubeconfig(new File(text("kubeConfigPath")));
    KubernetesClient client = new KubernetesClientBuilder().withConfig(config).build();
    CompletableFuture<?>[] running = new CompletableFuture<?>[1];
    boolean[] stopping = new boolean[1];
    Thread main = Thread.currentThread();
    // SIGTERM ends the election, which releases the lock, and only then the process.
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      stopping[0] = true;
      if (running[0] != null) {
        running[0].cancel(true);
      }
      main.interrupt();
      try {
        main.join(10_000);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }));
    report("up", Map.of());
    while (!stopping[0]) {
      running[0] = client.leaderElector().withConfig(new LeaderElectionConfigBuilder()
          .withName(text("who"))
          .withLock(lock())
          .withLeaseDuration(seconds("leaseDurationSeconds"))
          .withRenewDeadline(seconds("renewDeadlineSeconds"))
          .withRetryPeriod(seconds("retryPeriodSeconds"))
          .withReleaseOnCancel(true)
          .withLeaderCallbacks(new LeaderCallbacks(this::begin, this::end, leader -> { }))
          .build()).build().start();
      try {
        running[0].get();
        Thread.sleep(1000);
      } catch (Exception e) {
        // Cancelled by the hook, or the election is over: another round, as its users write it.
      }
    }
    // What the callback has not said by then it does not say.
    for (int i = 0; i < 100 && leading(); i++) {
      TimeUnit.MILLISECONDS.sleep(20);
    }
    report("ended", Map.of("outcome", Map.of("reason", "stopped", "released", !leading())));
    client.close();
  }

  private Lock lock() {
    ObjectMeta meta =
        new ObjectMetaBuilder().withName(text("name")).withNamespace(text("namespace")).build();
    return text("kind").equals("lease")
        ? new LeaseLock(meta, text("who"))
        : new ConfigMapLock(meta, text("who"));
  }

  private synchronized boolean leading() {
    return leads;
  }

  private synchronized void begin() {
    lastTrue = now();
    leads = true;
    report("leads", Map.of());
  }

  private synchronized void end() {
    if (!leads) {
      return;
    }
    leads = false;
    report("leadsNoMore", Map.of("lastTrue", lastTrue));
  }

  private void probe() {
    while (true) {
      synchronized (this) {
        if (leads) {
          lastTrue = now();
        }
      }
      try {
        Thread.sleep(PROBE_MS);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /** Ends the process when the pipe to the test that started it is closed. */
  private void exitWithParent() {
    try {
      while (System.in.read() != -1) {
        // Nothing is ever sent.
      }
    } catch (java.io.IOException e) {
      // The pipe is gone as well.
    }
    Runtime.getRuntime().halt(0);
  }

  private static void daemon(Runnable work) {
    Thread thread = new Thread(work);
    thread.setDaemon(true);
    thread.start();
  }

  /** CLOCK_MONOTONIC in milliseconds, which all processes of a machine share: what it is on Linux. */
  private static double now() {
    return System.nanoTime() / 1e6;
  }

  private void report(String event, Map<String, ?> more) {
    Map<String, Object> line = new TreeMap<>(more);
    line.put("at", now());
    line.put("who", text("who"));
    line.put("event", event);
    String text = JSON.writeValueAsString(line);
    synchronized (System.out) {
      System.out.println(text);
      System.out.flush();
    }
  }

  private String text(String field) {
    return settings.get(field).asString();
  }

  private Duration seconds(String field) {
    return Duration.ofMillis((long) (settings.get(field).asDouble() * 1000));
  }
}
