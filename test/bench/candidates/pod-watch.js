import { readFileSync } from 'node:fs';
import { get } from 'node:https';

// The least that a follower can be: a watch of one lease, written by hand, that parses what it is told
// and knows who leads. It would not notice that its connection is dead, nor a token that has changed.

const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
const account = '/var/run/secrets/kubernetes.io/serviceaccount';
const read = (name) => readFileSync(`${account}/${name}`, 'utf8');
const [, , lock] = process.argv;
let leader;

function take(line) {
  leader = JSON.parse(line).object.spec?.holderIdentity;
}

get(
  {
    ...{ host, port, ca: read('ca.crt'), headers: { authorization: `Bearer ${read('token')}` } },
    path:
      `/apis/coordination.k8s.io/v1/namespaces/${read('namespace')}/leases?watch=true` +
      `&timeoutSeconds=3600&fieldSelector=metadata.name%3D${lock}`,
  },
  (response) => {
    let rest = '';
    response.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      lines.forEach(take);
    });
    response.on('close', () => {
      console.error(`the watch ended; ${leader} led`);
      process.exit(1);
    });
  },
);
