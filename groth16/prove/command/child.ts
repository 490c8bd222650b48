import { spawn } from 'node:child_process';
import { childEnvironment } from '../../child-environment.ts';
import { ProveError } from '../errors.ts';
import type { CommandLine } from './command-line.ts';

/** How a program ended. */
export interface Ending {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The end of what it wrote there. */
  readonly stderr: string;
}

/** An external program that runs. */
export interface ChildProgram {
  /** Undefined when it could not be started: `ended` says why. */
  readonly pid: number | undefined;
  /** @throws ProveError PROVE_COMMAND_START */
  readonly ended: Promise<Ending>;
  /** Kills it and what it started. */
  readonly kill: () => void;
}

/** One that is talked to. */
export interface TalkingProgram extends ChildProgram {
  /** Does nothing where nobody reads any more: the end says so. */
  readonly write: (text: string) => void;
}

const STDERR_KEPT = 2_000;

/** Something that left the group may hold its pipes open for ever; what it writes after the end isn't waited for longer. */
const LAST_WORDS_MILLISECONDS = 1_000;

/** Starts a program that is given nothing and asked for nothing but its end. */
export function startProgram(command: CommandLine): ChildProgram {
  return start(command, undefined);
}

/**
 * Starts a program that answers on its standard output.
 *
 * @param hear is given what came; undefined: it has closed its output
 */
export function startTalkingProgram(
  command: CommandLine,
  hear: (bytes: Uint8Array | undefined) => void,
): TalkingProgram {
  return start(command, hear);
}

/** The program leads a process group of its own, so that what it starts is killed with it, and when it has ended. */
function start(
  [program, ...words]: CommandLine,
  hear: ((bytes: Uint8Array | undefined) => void) | undefined,
): TalkingProgram {
  const talking = hear === undefined ? 'ignore' : 'pipe';
  const child = spawn(program, words, {
    env: childEnvironment(),
    stdio: [talking, talking, 'pipe'],
    detached: true,
  });
  const { pid, stdin, stdout, stderr } = child;
  const kill = (): void => {
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  };
  let said = '';
  stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-STDERR_KEPT);
  });
  stdout?.on('data', (bytes: Uint8Array) => hear?.(bytes)).on('end', () => hear?.(undefined));
  // Nobody reads: it is ending, and that is told.
  stdin?.on('error', () => undefined);
  const ended = new Promise<Ending>((resolve, reject) => {
    child.once('error', (cause) =>
      reject(
        new ProveError('PROVE_COMMAND_START', `could not start the prover ${program}: ${String(cause)}`, {
          hint: 'the command line names a program that is installed and may be run',
          cause,
        }),
      ),
    );
    child.once('exit', (exitCode, signal) => {
      kill();
      const tell = (): void => {
        clearTimeout(timer);
        resolve({ exitCode, signal, stderr: said });
      };
      const timer = setTimeout(() => {
        stdout?.destroy();
        stderr?.destroy();
        tell();
      }, LAST_WORDS_MILLISECONDS);
      child.once('close', tell);
    });
  });
  return { pid, ended, kill, write: (text) => void stdin?.write(text) };
}
