// One candidate leads and stops, then another one leads: with the kubeconfig of the environment.
const { mkdtempSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { LeaderElection, LeaseLock } = require('k8s-leader-election');
const { startEmbeddedApiServer } = require('k8s-leader-election/testing');

async function main() {
  const server = await startEmbeddedApiServer();
  const directory = mkdtempSync(join(tmpdir(), 'election-'));
  process.env.KUBECONFIG = join(directory, 'config');
  writeFileSync(process.env.KUBECONFIG, server.kubeConfig());

  const terms = [];
  for (const identity of ['a', 'b']) {
    const election = new LeaderElection({
      lock: new LeaseLock({ name: 'packed', namespace: 'default', identity }),
      // Long, so that a busy machine has the time to load the client library within one request.
      leaseDurationSeconds: 60,
      renewDeadlineSeconds: 50,
      onStartedLeading: (term) => {
        terms.push({ identity: term.identity, token: Number(term.fencingToken) });
        election.stop();
      },
    });
    const { reason, led, released } = await election.run();
    Object.assign(terms.at(-1), { reason, led, released });
  }
  await server.close();
  rmSync(directory, { recursive: true });
  console.log(JSON.stringify(terms));
}

main();
