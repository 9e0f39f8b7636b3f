import { randomBytes } from 'node:crypto';
import {
  type EmbeddedApiServer,
  startEmbeddedApiServer,
} from '../../testing/embedded-api-server.js';
import { CliError } from '../cli-error.js';
import { EXIT, exitCodeOf } from '../exit-codes.js';
import { print, printError } from '../output.js';
import { whenParentIsGone } from '../parent.js';
import { catchThese, TO_END } from '../signals.js';
import { runCommand } from './child-command.js';
import { writeKubeConfigFile } from './kube-config-file.js';

export interface DevServerOptions {
  /** Zero: any that is free. */
  readonly port: number;
  /** Null: in a directory for temporary files. */
  readonly kubeconfig: string | null;
  /** Made where it is missing, and the one that locks are in which name none. */
  readonly namespace: string;
  /** Empty: it runs until it is told to end. */
  readonly command: readonly string[];
}

/** Runs an API server for development. Resolves with the exit code when it is over. */
export async function devServer(options: DevServerOptions): Promise<number> {
  const { namespace, command } = options;
  const gone = new AbortController();
  const leaveParent = whenParentIsGone(() => gone.abort(), { env: process.env });
  // From here on: whatever is left behind by a signal that comes early would stay.
  const end = new Ending(gone.signal);
  const server = await start(options);
  try {
    const text = server.kubeConfig({ namespace });
    const file = await writeKubeConfigFile(options.kubeconfig, text);
    try {
      announce(server.url);
      if (command.length > 0) {
        if (end.signal !== null) return exitCodeOf(end.signal);
        return await runCommand(command, { KUBECONFIG: file.path }, gone.signal);
      }
      print(`export KUBECONFIG=${inShell(file.path)}`);
      printError(EXAMPLE);
      await end.told;
      return EXIT.ok;
    } finally {
      await file.remove();
    }
  } finally {
    leaveParent();
    end.forget();
    await server.close();
  }
}

const EXAMPLE = `
Paste that line into two other terminals, and try this in both: one works, the other one waits.
  npx k8s-leader-election run --lease example -- sleep 60`;

/** To stderr: stdout is the command's, or holds the line for the shell. */
function announce(url: string): void {
  printError(
    `For development only: a Kubernetes API server in this process, at ${url}. It keeps everything\n` +
      'in memory and forgets it at its end, lets whoever has its token do everything, and listens\n' +
      'on this machine alone.',
  );
}

async function start({ port, namespace }: DevServerOptions): Promise<EmbeddedApiServer> {
  const token = randomBytes(16).toString('hex');
  const tokens = { [token]: 'developer' };
  try {
    return await startEmbeddedApiServer({ port, tokens, namespaces: [namespace] });
  } catch (error) {
    const { code = 'no reason' } = error as NodeJS.ErrnoException;
    throw new CliError(`127.0.0.1:${port} cannot be listened on (${code}). Choose another --port.`);
  }
}

/** Notices that this process is told to end, or that nobody is left who could tell it. */
class Ending {
  /** The first signal that came, if one has. */
  signal: NodeJS.Signals | null = null;
  readonly told: Promise<void>;
  readonly forget: () => void;

  constructor(gone: AbortSignal) {
    let end = (): void => undefined;
    this.told = new Promise((resolve) => {
      end = resolve;
    });
    gone.addEventListener('abort', end);
    this.forget = catchThese([...TO_END, 'SIGQUIT'], (signal) => {
      this.signal ??= signal;
      end();
    });
  }
}

/** As a shell reads it back. */
function inShell(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
