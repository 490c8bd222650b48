import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { moduleBeside } from '../../../protocol/beside.ts';
import { readFrames, writeFrame, type Frame } from './framing.ts';
import { cpuSecondsOf } from '../../../groth16/prove/process-usage.ts';
import type { ModelLimits } from './limits.ts';
import { replySchema, type Reply, type Request } from './messages.ts';

/** How a process ended, if it wasn't asked to. */
export interface Ending {
  /**
   * - `crashed`: by itself, by a fault of what ran in it;
   * - `killed`: by somebody, the system that was short of memory for example;
   * - `slow`, `still`: by us, for what {@link ModelLimits} says.
   */
  readonly how: 'crashed' | 'killed' | 'slow' | 'still';
  readonly words: string;
}

/** Thrown to whoever waits for an answer of a process that has ended. */
export class ChildEnded extends Error {
  readonly ending: Ending;

  constructor(ending: Ending) {
    super(ending.words);
    this.ending = ending;
  }
}

export interface Answer {
  readonly reply: Reply;
  readonly bodies: readonly Uint8Array[];
}

const CHILD = fileURLToPath(moduleBeside(import.meta.url, './child'));
const PIPE = 3;
/** Bytes of its last words. */
const MAX_WORDS = 4096;
const LOOK_MS = 1000;

/** Signals that a process is sent and doesn't cause. */
const FROM_OUTSIDE: ReadonlySet<string> = new Set(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP']);

/** A process that runs models, and the one question that it works on. */
export class RunningChild {
  readonly #limits: ModelLimits;
  readonly #child: ChildProcess;
  readonly #pipe: Socket;
  readonly #ended: Promise<Ending>;
  #waiting: { resolve: (answer: Answer) => void; reject: (error: ChildEnded) => void } | undefined;
  #ending: Ending | undefined;
  #words = '';
  /** Models that it holds, by number. */
  readonly loaded = new Set<number>();

  constructor(limits: ModelLimits) {
    this.#limits = limits;
    this.#child = start(limits);
    this.#pipe = this.#child.stdio[PIPE] as Socket;
    this.#ended = new Promise((resolve) => {
      // After its pipes have ended: what it answered before counts.
      this.#child.once('close', (code, signal) => resolve(this.#endingOf(code, signal)));
      this.#child.once('error', (error) => resolve({ how: 'killed', words: error.message }));
    });
    void this.#ended.then((ending) => {
      this.#ending = ending;
      this.#settle()?.reject(new ChildEnded(ending));
    });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#words = `${this.#words}${chunk.toString()}`.slice(-MAX_WORDS);
    });
    this.#pipe.on('error', () => undefined);
    void readFrames(this.#pipe, limits.memoryBytes, (frame) => this.#hear(frame)).catch(() =>
      this.#end({ how: 'crashed', words: 'it said something that is no answer' }),
    );
    // A process that waits for questions keeps nobody from ending.
    this.#child.unref();
    (this.#child.stderr as Socket | null)?.unref();
    this.#pipe.unref();
  }

  get processId(): number | undefined {
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    return this.#ending !== undefined;
  }

  /** @throws ChildEnded */
  ready(): Promise<Answer> {
    return this.#next(undefined, []);
  }

  /**
   * One question at a time.
   * @throws ChildEnded
   */
  ask(request: Request, bodies: readonly Uint8Array[]): Promise<Answer> {
    return this.#next(request, bodies);
  }

  async stop(): Promise<void> {
    // Whoever waits for its end isn't to end before.
    this.#child.ref();
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  async #next(request: Request | undefined, bodies: readonly Uint8Array[]): Promise<Answer> {
    if (this.#ending) throw new ChildEnded(this.#ending);
    const watch = this.#watch();
    this.#pipe.ref();
    try {
      return await new Promise<Answer>((resolve, reject) => {
        this.#waiting = { resolve, reject };
        if (request) writeFrame(this.#pipe, request, bodies);
      });
    } finally {
      clearInterval(watch);
      this.#pipe.unref();
    }
  }

  #settle(): { resolve: (answer: Answer) => void; reject: (error: ChildEnded) => void } | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }

  #hear({ head, bodies }: Frame): void {
    this.#settle()?.resolve({ reply: replySchema.parse(head), bodies });
  }

  /** Ends it for what it does to those who wait. */
  #end(ending: Ending): void {
    this.#ending ??= ending;
    this.#child.kill('SIGKILL');
  }

  /** Looks at what it uses while somebody waits. Where the system doesn't say, it is taken to work all the time. */
  #watch(): NodeJS.Timeout {
    const { cpuSeconds, stillSeconds } = this.#limits;
    const used = (): number => cpuSecondsOf(this.#child.pid ?? 0) ?? performance.now() / 1000;
    const before = used();
    let last = before;
    let still = 0;
    return setInterval(() => {
      const now = used();
      still = now > last ? 0 : still + LOOK_MS / 1000;
      last = now;
      if (now - before > cpuSeconds) {
        this.#end({ how: 'slow', words: `it used more than ${cpuSeconds} s of the processor` });
      } else if (still >= stillSeconds) {
        this.#end({ how: 'still', words: `it stood still for ${stillSeconds} s` });
      }
    }, LOOK_MS);
  }

  #endingOf(code: number | null, signal: NodeJS.Signals | null): Ending {
    if (this.#ending) return this.#ending;
    const how = signal !== null && FROM_OUTSIDE.has(signal) ? 'killed' : 'crashed';
    const last = this.#words.trim().split('\n').at(-1) ?? '';
    return { how, words: `it ended with ${signal ?? `code ${code}`}${last === '' ? '' : `: ${last}`}` };
  }
}

/** ONNX Runtime would keep a database in the home directory and report what it runs to its maker. */
const ENVIRONMENT = { ORT_DISABLE_TELEMETRY: '1' };

/** With an environment of its own, so no secrets; with nothing open but its pipe; with a bound on its memory, and no core dumps. */
function start({ memoryBytes }: ModelLimits): ChildProcess {
  const command = [process.execPath, '--disable-warning=ExperimentalWarning', CHILD];
  const [program, ...parameters] =
    process.platform === 'win32'
      ? command
      : [
          '/bin/sh',
          '-c',
          'ulimit -c 0; ulimit -d "$0"; exec "$@"',
          String(Math.floor(memoryBytes / 1024)),
          ...command,
        ];
  return spawn(program, parameters, {
    env: ENVIRONMENT,
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
}
