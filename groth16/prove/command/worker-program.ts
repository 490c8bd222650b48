import { ProveError } from '../errors.ts';
import { startTalkingProgram } from './child.ts';
import type { Ending, TalkingProgram } from './child.ts';
import type { CommandLine } from './command-line.ts';
import { badAnswer, createLineReader, parseAnswer } from './worker-lines.ts';
import type { WorkerRequest } from './worker-lines.ts';

/** All of its progress gives a proof at most so many times the time of a word. */
const MOST_TIMES = 10;

interface Asked {
  readonly id: number;
  readonly settle: (failure?: ProveError) => void;
  progress: number;
}

/**
 * A long-running prover: an external program that is asked for one proof at a time and may keep keys between them. Once it
 * does what no worker may it is killed, and what it was asked for fails.
 */
export class WorkerProgram {
  /** The key that it was asked to prove with last. */
  keyId: string | undefined;
  /** Settles when it has ended, with why where that is a fault of its own. */
  readonly ended: Promise<ProveError | undefined>;
  readonly #program: TalkingProgram;
  readonly #name: string;
  readonly #timeoutSeconds: number;
  #asked: Asked | undefined;
  #fault: ProveError | undefined;
  #dismissed = false;
  #over = false;
  #word: NodeJS.Timeout | undefined;

  /** @param timeoutSeconds that it may take for a word: an answer, or progress */
  constructor(command: CommandLine, timeoutSeconds: number) {
    this.#name = command[0];
    this.#timeoutSeconds = timeoutSeconds;
    const read = createLineReader((line) => this.#answer(line));
    this.#program = startTalkingProgram(command, (bytes) => {
      if (!this.usable) return;
      try {
        if (bytes === undefined) this.#program.kill();
        else read(bytes);
      } catch (error) {
        this.fail(error as ProveError);
      }
    });
    this.ended = this.#program.ended.then(
      (ending) => this.#end(ending),
      (error: ProveError) => {
        this.fail(error);
        return error;
      },
    );
  }

  get pid(): number | undefined {
    return this.#program.pid;
  }

  /** Whether it may be asked. */
  get usable(): boolean {
    return !this.#over && !this.#dismissed && this.#fault === undefined;
  }

  /**
   * Asks for a proof; it has been left in its file when this resolves.
   *
   * @throws ProveError PROVE_COMMAND_FAILED when the program says that it can't; it goes on. After all others it has ended:
   * PROVE_COMMAND_START, PROVE_COMMAND_ENDED, PROVE_COMMAND_TIMEOUT, PROVE_COMMAND_OUTPUT
   */
  async ask(request: WorkerRequest): Promise<void> {
    if (!this.usable) throw this.#fault ?? this.#endedByItself({});
    this.keyId = request.key;
    const late = setTimeout(() => this.#late(MOST_TIMES), MOST_TIMES * this.#timeoutSeconds * 1_000);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#asked = {
          id: request.id,
          progress: 0,
          settle: (failure) => (failure === undefined ? resolve() : reject(failure)),
        };
        this.#awaitWord();
        this.#program.write(`${JSON.stringify(request)}\n`);
      });
    } finally {
      clearTimeout(late);
      clearTimeout(this.#word);
    }
  }

  /** Ends it for a fault of its own. */
  fail(fault: ProveError): void {
    this.#fault ??= fault;
    this.#program.kill();
    this.#settle(this.#fault);
  }

  /** Ends it for nothing that it did. */
  dismiss(): void {
    this.#dismissed = true;
    this.#program.kill();
  }

  #awaitWord(): void {
    clearTimeout(this.#word);
    this.#word = setTimeout(() => this.#late(1), this.#timeoutSeconds * 1_000);
  }

  #late(times: number): void {
    const took = times * this.#timeoutSeconds;
    const what = times === 1 ? `said nothing for ${took} s` : `took longer than ${took} s, whatever it said`;
    this.fail(
      new ProveError('PROVE_COMMAND_TIMEOUT', `the prover ${this.#name} ${what}`, {
        retryable: true,
        hint: 'give it more time in the settings, fewer proofs at once, or have it say how far it is',
      }),
    );
  }

  #answer(line: Uint8Array): void {
    const answer = parseAnswer(line);
    const asked = this.#asked;
    if (answer.id !== asked?.id) {
      const expected = asked === undefined ? 'nothing was asked' : `asked was ${asked.id}`;
      throw badAnswer(`an answer to ${answer.id}, ${expected}`);
    }
    if ('progress' in answer) {
      if (answer.progress <= asked.progress) {
        throw badAnswer(`progress from ${asked.progress} to ${answer.progress} percent`);
      }
      asked.progress = answer.progress;
      this.#awaitWord();
    } else if ('error' in answer) {
      this.#settle(
        new ProveError('PROVE_COMMAND_FAILED', `the prover ${this.#name} failed: ${answer.error}`),
      );
    } else {
      this.#settle();
    }
  }

  #end(ending: Ending): ProveError | undefined {
    const due = this.#asked !== undefined || ending.exitCode !== 0;
    const ended = this.#endedByItself({ ...ending });
    this.#over = true;
    this.#settle(ended);
    if (this.#fault !== undefined) return this.#fault;
    return this.#dismissed || !due ? undefined : ended;
  }

  #endedByItself(details: Readonly<Record<string, unknown>>): ProveError {
    return new ProveError('PROVE_COMMAND_ENDED', `the prover ${this.#name} ended by itself`, {
      retryable: true,
      hint: 'it should run until its standard input ends',
      details,
    });
  }

  #settle(failure?: ProveError): void {
    const asked = this.#asked;
    this.#asked = undefined;
    asked?.settle(failure);
  }
}
