import { ProveError } from '../errors.ts';
import { cpuSecondsOf, peakRssBytesOf } from '../process-usage.ts';
import { startProgram } from './child.ts';
import type { CommandLine } from './command-line.ts';

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

const SAMPLE_MILLISECONDS = 50;

/**
 * Runs an external program to its end; what it started ends with it.
 *
 * @throws ProveError PROVE_COMMAND_START, PROVE_COMMAND_FAILED, PROVE_COMMAND_TIMEOUT (retryable); the signal's
 * reason when aborted
 */
export async function runCommand(
  command: CommandLine,
  { timeoutSeconds, signal, onStart }: CommandLimits,
): Promise<CommandUsage> {
  signal.throwIfAborted();
  const [program] = command;
  const { pid, ended, kill } = startProgram(command);
  if (pid === undefined) {
    await ended;
    return { cpuSeconds: 0, peakRssBytes: 0 };
  }
  onStart(pid);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    kill();
  }, timeoutSeconds * 1_000);
  signal.addEventListener('abort', kill, { once: true });
  let usage: CommandUsage = { cpuSeconds: 0, peakRssBytes: 0 };
  const sampler = setInterval(() => {
    const cpuSeconds = cpuSecondsOf(pid);
    if (cpuSeconds === undefined) return;
    // A process that has ended and was not yet waited for has no memory any more.
    usage = { cpuSeconds, peakRssBytes: Math.max(peakRssBytesOf(pid), usage.peakRssBytes) };
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
        details: { ...outcome },
      });
    }
    return usage;
  } finally {
    clearTimeout(timer);
    clearInterval(sampler);
    signal.removeEventListener('abort', kill);
  }
}
