import { createServer, connect } from 'node:net';

// Node that waits, and does nothing else. It calls at the API server once and says nothing there, which
// tells when a program begins to run.

const socket = connect(process.env.KUBERNETES_SERVICE_PORT, process.env.KUBERNETES_SERVICE_HOST);
socket.once('connect', () => socket.destroy());
createServer().listen(0, '127.0.0.1');
