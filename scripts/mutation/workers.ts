import { fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import type { Outcome, Task } from './worker.ts';
import { SliceproofError } from '../../protocol/errors.ts';

/** A process that runs tests of one build, started anew when it hangs or dies. */
export class Worker {
  readonly #folder: string;
  #child: ChildProcess | undefined;
  #words = '';

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * The tests that failed; undefined if the process came to no end in the time, or died.
   * @param seconds how long it may take
   */
  async run(task: Task, seconds: number): Promise<Outcome | undefined> {
    this.#child ??= await this.#start();
    const answer = this.#answer(this.#child, seconds);
    this.#child.send(task);
    const outcome = await answer;
    if (outcome === undefined) this.stop();
    return outcome;
  }

  /** The last that its process wrote to its error output. */
  get words(): string {
    return this.#words;
  }

  stop(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  async #start(): Promise<ChildProcess> {
    const child = fork(path.join(this.#folder, 'scripts', 'mutation', 'worker.ts'), {
      cwd: this.#folder,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...process.env, SLICEPROOF_FUZZ: '0.2', HH_TEST: 'true', NODE_ENV: 'test' },
    });
    this.#words = '';
    child.stderr?.on('data', (data: Buffer) => {
      this.#words = (this.#words + data.toString()).slice(-2000);
    });
    if ((await this.#answer(child, 60)) === undefined)
      throw new SliceproofError('MUTATION_FAILED', `no tests can be run: ${this.#words}`);
    return child;
  }

  #answer(child: ChildProcess, seconds: number): Promise<Outcome | undefined> {
    return new Promise((resolve) => {
      const end = (outcome: Outcome | undefined): void => {
        clearTimeout(timer);
        child.removeAllListeners('message').removeAllListeners('exit');
        resolve(outcome);
      };
      const timer = setTimeout(() => end(undefined), seconds * 1000);
      child.once('message', (message) => end(message as Outcome));
      child.once('exit', () => end(undefined));
    });
  }
}
