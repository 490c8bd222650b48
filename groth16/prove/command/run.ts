import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { ProveError } from '../errors.ts';
import type { CommandLine } from './command-line.ts';
import { childEnvironment } from '../../child-environment.ts';
import { cpuSecondsOf } from '../process-usage.ts';

/** What one run of an external program took. */
export interface CommandUsage {
  /** Processor seconds and peak memory when last looked at; zero where the system does not tell. */
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
}

/** How one run is bounded. */
export interface CommandLimits {
  readonly timeoutSeconds: number;
  /** Aborting kills the program. */
  readonly signal: AbortSignal;
  /** Told the process id once there is one. */
  readonly onStart: (processId: number) => void;
}

const STDERR_KEPT = 2_000;
const SAMPLE_MILLISECONDS = 50;

/**
 * Runs an external program to its end. It is the leader of a process group of its own, so that what it starts
 * is killed with it.
 *
 * @throws ProveError PROVE_COMMAND_START, PROVE_COMMAND_FAILED, PROVE_COMMAND_TIMEOUT (retryable); the signal's
 * reason when aborted
 */
export async function runCommand(
  [program, ...words]: CommandLine,
  { timeoutSeconds, signal, onStart }: CommandLimits,
): Promise<CommandUsage> {
  signal.throwIfAborted();
  const child = spawn(program, words, {
    env: childEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const { pid } = child;
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT);
  });
  const ended = new Promise<{ readonly exitCode: number | null; readonly signal: string | null }>(
    (resolve, reject) => {
      child.once('error', (cause) =>
        reject(
          new ProveError('PROVE_COMMAND_START', `could not start the prover ${program}: ${String(cause)}`, {
            hint: 'the command line names a program that is installed and may be run',
            cause,
          }),
        ),
      );
      child.once('close', (exitCode, killedBy) => resolve({ exitCode, signal: killedBy }));
    },
  );
  if (pid === undefined) {
    await ended;
    return { cpuSeconds: 0, peakRssBytes: 0 };
  }
  onStart(pid);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    killGroup(pid);
  }, timeoutSeconds * 1_000);
  const abort = (): void => killGroup(pid);
  signal.addEventListener('abort', abort, { once: true });
  let usage: CommandUsage = { cpuSeconds: 0, peakRssBytes: 0 };
  const sampler = setInterval(() => {
    const now = usageOf(pid);
    // A process that has ended and was not yet waited for has no memory any more.
    if (now !== undefined) usage = { ...now, peakRssBytes: Math.max(now.peakRssBytes, usage.peakRssBytes) };
  }, SAMPLE_MILLISECONDS);
  try {
    const outcome = await ended;
    signal.throwIfAborted();
    if (late) {
      throw new ProveError(
        'PROVE_COMMAND_TIMEOUT',
        `the prover ${program} took longer than ${timeoutSeconds} s`,
        {
          retryable: true,
          hint: 'give it more time in the settings, or fewer proofs at once',
        },
      );
    }
    if (outcome.exitCode !== 0) {
      throw new ProveError('PROVE_COMMAND_FAILED', `the prover ${program} failed`, {
        details: { ...outcome, stderr },
      });
    }
    return usage;
  } finally {
    clearTimeout(timer);
    clearInterval(sampler);
    signal.removeEventListener('abort', abort);
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** The program's own usage, without what it starts. */
function usageOf(pid: number): CommandUsage | undefined {
  try {
    const cpuSeconds = cpuSecondsOf(pid);
    if (cpuSeconds === undefined) return undefined;
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return {
      cpuSeconds,
      peakRssBytes: peak === null ? 0 : Number(peak[1]) * 1_024,
    };
  } catch {
    // Not Linux, or it has just ended.
    return undefined;
  }
}
