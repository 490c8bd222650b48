import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SliceproofError } from '../../protocol/errors.ts';

const root = path.dirname(path.dirname(import.meta.dirname));

/** Milliseconds that a process has to answer after its start, and to end after being asked to. */
const START_TIMEOUT = 90_000;
const STOP_TIMEOUT = 15_000;

interface Running {
  readonly name: string;
  readonly child: ChildProcess;
  readonly logFile: string;
}

/**
 * The demo's processes: real ones, each with its own log file. One that ends by itself fails the demo with the
 * last lines it wrote.
 */
export class Processes {
  readonly #logs: string;
  readonly #running: Running[] = [];
  readonly #failure = Promise.withResolvers<never>();
  #stopping = false;

  constructor(logs: string) {
    this.#logs = logs;
    mkdirSync(logs, { recursive: true });
    // A failure that comes while nobody listens must not end the process before it has cleaned up.
    this.#failure.promise.catch(() => undefined);
  }

  /** Rejects when any process ends that wasn't asked to. */
  get failure(): Promise<never> {
    return this.#failure.promise;
  }

  /** Starts `sliceproof …args` and waits until `url` answers. */
  async start(
    name: string,
    args: readonly string[],
    url: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    await this.startScript(name, path.join(root, 'bin', 'cli.ts'), args, () => answers(url), env);
  }

  /** Starts a script of Node's and waits until `ready`. */
  async startScript(
    name: string,
    script: string,
    args: readonly string[],
    ready: () => Promise<boolean>,
    env: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const logFile = path.join(this.#logs, `${name}.log`);
    const log = createWriteStream(logFile);
    const child = spawn(process.execPath, [script, ...args], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.pipe(log);
    child.stderr.pipe(log);
    this.#running.push({ name, child, logFile });
    child.once('exit', (code, signal) => {
      if (this.#stopping) return;
      void lastLines(logFile).then((lines) =>
        this.#failure.reject(
          new SliceproofError(
            'DEMO_PROCESS_ENDED',
            `${name} ended (${signal ?? `exit code ${code}`}):\n${lines}`,
          ),
        ),
      );
    });
    await Promise.race([this.failure, becomesReady(name, ready)]);
  }

  /** Asks all to stop, the last started first, and ends those that don't. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(
      this.#running.toReversed().map(async ({ child }) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
        child.kill('SIGTERM');
        const late = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT);
        await ended;
        clearTimeout(late);
      }),
    );
  }
}

async function becomesReady(name: string, ready: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT;
  while (!(await ready())) {
    if (Date.now() > deadline) {
      throw new SliceproofError(
        'DEMO_PROCESS_SILENT',
        `${name} does not answer after ${START_TIMEOUT / 1000} s`,
      );
    }
    await sleep(100);
  }
}

async function answers(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(2000) }).then(
    (response) => response.ok,
    () => false,
  );
}

/** Whether a chain answers at this address. */
export async function chainAnswers(rpc: string): Promise<boolean> {
  return fetch(rpc, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] }),
    signal: AbortSignal.timeout(2000),
  }).then(
    (response) => response.ok,
    () => false,
  );
}

async function lastLines(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-15).join('\n');
}

/** Ports that nobody listens on now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
