import { spawn, type ChildProcess } from 'node:child_process';
// A log is worth something in its first half too.
// eslint-disable-next-line no-restricted-imports
import { createWriteStream, mkdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { ownEnvironment } from '../child-environment.ts';

const root = path.dirname(path.dirname(import.meta.dirname));

export interface Member {
  readonly name: string;
  /** A program; left out: Node. */
  readonly program?: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Called with each line that it writes. */
  readonly onLine?: (line: Line) => void;
  /** Whether an exit code means that its work is done; others are started again. */
  readonly isDone?: (code: number | null) => boolean;
}

/** A line of a log. */
export type Line = Readonly<Record<string, unknown>> & { readonly msg: string };

interface Running {
  readonly member: Member;
  child: ChildProcess | undefined;
  /** Not started again while something is done to its files. */
  held: boolean;
  done: boolean;
}

/** Milliseconds after which a process that ended is started again, as a service manager would. */
const RESTART_MS = 500;

/** Processes that are started again whenever they end, for whatever reason. Nobody else helps them. */
export class Fleet {
  readonly #logs: string;
  readonly #members = new Map<string, Running>();
  #stopping = false;
  /** How often each was killed, and how often it ended by itself, with what. */
  readonly kills = new Map<string, number>();
  readonly ends = new Map<string, string[]>();

  constructor(logs: string) {
    this.#logs = logs;
    mkdirSync(logs, { recursive: true });
  }

  start(member: Member): void {
    const running: Running = { member, child: undefined, held: false, done: false };
    this.#members.set(member.name, running);
    this.#spawn(running);
  }

  isDone(name: string): boolean {
    return this.#members.get(name)?.done === true;
  }

  /** Kills a process; it is started again after `meanwhile`. */
  async kill(name: string, meanwhile: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    const running = this.#members.get(name);
    if (!running || running.done) return;
    running.held = true;
    const { child } = running;
    if (child && child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      this.kills.set(name, (this.kills.get(name) ?? 0) + 1);
      child.kill('SIGKILL');
      await gone;
    }
    await meanwhile();
    running.held = false;
    if (running.child === undefined || running.child === child) this.#spawn(running);
  }

  /** Has a process stand still for a while, as a machine that is suspended does. @returns whether there was one */
  async pause(name: string, milliseconds: number): Promise<boolean> {
    const child = this.#members.get(name)?.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return false;
    child.kill('SIGSTOP');
    await sleep(milliseconds);
    child.kill('SIGCONT');
    return true;
  }

  /** Runs a process to its end, unless it says that it is ready: then it is killed. @returns its code, and whether it was ready */
  async tryOnce(
    member: Member,
    isReady: (line: Line) => boolean,
  ): Promise<{ ready: boolean; lines: readonly Line[] }> {
    const lines: Line[] = [];
    let ready = false;
    const child = this.#open(member, (line) => {
      lines.push(line);
      if (!isReady(line)) return;
      ready = true;
      child.kill('SIGKILL');
    });
    await new Promise((resolve) => child.once('close', resolve));
    return { ready, lines };
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(
      [...this.#members.values()].map(async ({ child }) => {
        if (!child || child.exitCode !== null || child.signalCode !== null) return;
        const gone = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGKILL');
        await gone;
      }),
    );
  }

  #spawn(running: Running): void {
    if (this.#stopping || running.done) return;
    const { member } = running;
    const child = this.#open(member, (line) => member.onLine?.(line));
    running.child = child;
    child.once('close', (code, signal) => {
      if (this.#stopping || running.held || running.child !== child) return;
      if (member.isDone?.(code)) return void (running.done = true);
      this.ends.set(member.name, [...(this.ends.get(member.name) ?? []), signal ?? String(code)]);
      void sleep(RESTART_MS).then(() => {
        if (running.child === child && !running.held) this.#spawn(running);
      });
    });
  }

  #open(
    { name, program = process.execPath, args, env = {} }: Member,
    onLine: (line: Line) => void,
  ): ChildProcess {
    const log = createWriteStream(path.join(this.#logs, `${name}.log`), { flags: 'a' });
    const child = spawn(program, args, {
      cwd: root,
      env: { ...ownEnvironment(root, process.env), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const output of [child.stdout, child.stderr]) {
      if (!output) continue;
      output.pipe(log, { end: false });
      createInterface({ input: output }).on('line', (text) => onLine(lineOf(text)));
    }
    child.once('close', () => log.end());
    return child;
  }
}

function lineOf(text: string): Line {
  try {
    const line = JSON.parse(text) as Line;
    return typeof line.msg === 'string' ? line : { msg: text };
  } catch {
    return { msg: text };
  }
}
