import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';

// The least that a leader can be: it writes its lease every two seconds over a connection that it keeps, by
// hand, and watches it as the follower by hand does. A write that fails ends it, and it knows no deadline.

const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
const account = '/var/run/secrets/kubernetes.io/serviceaccount';
const read = (name) => readFileSync(`${account}/${name}`, 'utf8');
const [, , name] = process.argv;
const leases = `/apis/coordination.k8s.io/v1/namespaces/${read('namespace')}/leases`;
const agent = new Agent({ keepAlive: true, ca: read('ca.crt') });
const headers = { authorization: `Bearer ${read('token')}`, 'content-type': 'application/json' };
let leader;

function ask(method, path, body, take) {
  const sent = request({ agent, host, port, method, path, headers }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (more) => (text += more));
    response.on('end', () => {
      if (response.statusCode >= 300) throw new Error(text);
      take(JSON.parse(text));
    });
  });
  sent.end(JSON.stringify(body));
}

function record() {
  const now = `${new Date().toISOString().slice(0, -1)}000Z`;
  return { holderIdentity: name, leaseDurationSeconds: 15, acquireTime: now, renewTime: now };
}

function renew(lease) {
  setTimeout(() => {
    const { acquireTime } = lease.spec;
    const body = { ...lease, spec: { ...record(), acquireTime } };
    ask('PUT', `${leases}/${name}`, body, renew);
  }, 2_000);
}

function watch() {
  const path = `${leases}?watch=true&timeoutSeconds=3600&fieldSelector=metadata.name%3D${name}`;
  const sent = request({ agent, host, port, path, headers }, (response) => {
    let rest = '';
    response.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      for (const line of lines) leader = JSON.parse(line).object.spec?.holderIdentity;
    });
    response.on('close', () => {
      console.error(`the watch ended; ${leader} led`);
      process.exit(1);
    });
  });
  sent.end();
}

const made = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' };
ask('POST', leases, { ...made, metadata: { name }, spec: record() }, (lease) => {
  renew(lease);
  watch();
});
