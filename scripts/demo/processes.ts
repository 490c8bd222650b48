import { spawn, type ChildProcess } from 'node:child_process';
// A log is worth something in its first half too.
// eslint-disable-next-line no-restricted-imports
import { createWriteStream, mkdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { treeUsageOf, type TreeUsage } from '../../groth16/prove/process-usage.ts';
import { SliceproofError } from '../../protocol/errors.ts';
import { ownEnvironment } from '../child-environment.ts';

const root = path.dirname(path.dirname(import.meta.dirname));

/** Milliseconds that a process has to end after being asked to: what it holds is gone with the demo anyway. */
const STOP_MS = 15_000;
const LAST_LINES = 15;

export interface ProcessToStart {
  readonly name: string;
  /** A program; undefined: Node, with a script as the first argument. */
  readonly program?: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where it serves, as one of its lines tells; undefined: not this line. */
  readonly readyAt: (line: string) => string | undefined;
}

interface Running {
  readonly name: string;
  readonly child: ChildProcess;
  readonly last: readonly string[];
}

/**
 * The demo's processes: real ones, each with its own log file. Where each serves it says itself, so that no port is
 * guessed. One that ends by itself fails the demo with the last lines it wrote; as long as it lives it is waited for.
 */
export class Processes {
  readonly #logs: string;
  readonly #running: Running[] = [];
  readonly #starting = new Map<string, Running>();
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

  /** Who is not ready yet, each with what it said last. */
  get waitingFor(): string {
    const names = [...this.#starting].map(([name, { last }]) => {
      const line = last.at(-1);
      return line === undefined ? name : `${name}: ${messageOf(line)}`;
    });
    return `waiting for ${names.join('; ')}`;
  }

  /** What a process and all that it started have used; undefined where the system doesn't say. */
  usageOf(name: string): TreeUsage | undefined {
    const pid = this.#running.find((one) => one.name === name)?.child.pid;
    return pid === undefined ? undefined : treeUsageOf(pid);
  }

  /** Starts `sliceproof …args` and waits for its line `message`; resolves to the address in that line's `field`. */
  startService(
    name: string,
    args: readonly string[],
    { message, field, env }: { message: string; field: string; env?: Readonly<Record<string, string>> },
  ): Promise<string> {
    const readyAt = (line: string): string | undefined => {
      const { msg, [field]: url } = fieldsOf(line);
      return msg === message && typeof url === 'string' ? url : undefined;
    };
    return this.start({
      name,
      args: [path.join(root, 'bin', 'cli.ts'), ...args],
      readyAt,
      ...(env ? { env } : {}),
    });
  }

  async start({
    name,
    program = process.execPath,
    args,
    env = {},
    readyAt,
  }: ProcessToStart): Promise<string> {
    const log = createWriteStream(path.join(this.#logs, `${name}.log`));
    const child = spawn(program, args, {
      cwd: root,
      env: { ...ownEnvironment(root, process.env), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const last: string[] = [];
    const ready = Promise.withResolvers<string>();
    for (const output of [child.stdout, child.stderr]) {
      output.pipe(log);
      createInterface({ input: output }).on('line', (line) => {
        last.push(line);
        if (last.length > LAST_LINES) last.shift();
        const url = readyAt(line);
        if (url !== undefined) ready.resolve(url);
      });
    }
    const running = { name, child, last };
    this.#running.push(running);
    this.#starting.set(name, running);
    // `close`, not `exit`: what it wrote last has been read by then.
    child.once('close', (code, signal) => {
      if (this.#stopping) return;
      this.#failure.reject(
        new SliceproofError(
          'DEMO_PROCESS_ENDED',
          `${name} ended (${signal ?? `exit code ${code}`}):\n${last.join('\n')}`,
        ),
      );
    });
    child.once('error', (cause) => {
      this.#failure.reject(
        new SliceproofError('DEMO_PROCESS_ENDED', `${name} could not be started: ${cause.message}`, {
          cause,
        }),
      );
    });
    const url = await Promise.race([this.failure, ready.promise]);
    this.#starting.delete(name);
    return url;
  }

  /** Asks all to stop, the last started first, and ends those that don't. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(
      this.#running.toReversed().map(async ({ child }) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
        child.kill('SIGTERM');
        const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
        await ended;
        clearTimeout(late);
      }),
    );
  }
}

/** A line of a log as fields; none for other lines. */
function fieldsOf(line: string): Readonly<Record<string, unknown>> {
  if (!line.startsWith('{')) return {};
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}

/** What a line of a log says, in short. */
function messageOf(line: string): string {
  const { msg, doing } = fieldsOf(line);
  const text = typeof doing === 'string' ? doing : typeof msg === 'string' ? msg : line.trim();
  return text.slice(0, 80);
}
