import { parseCommandLine, splitCommandLine } from '../groth16/prove/command/command-line.ts';
import { createProverPool, type ProverPool } from '../groth16/prove/pool.ts';
import { ConfigError } from '../protocol/errors.ts';
import type { ProverSettings } from './prover-settings.ts';

/** What proves, as the settings say. @throws ConfigError NODE_NO_PROVER_COMMAND, NODE_TWO_PROVER_COMMANDS */
export function openPool({
  backend,
  workers,
  proverCommand,
  proverWorker,
  proverTimeoutSeconds: timeoutSeconds,
}: ProverSettings): ProverPool {
  if (backend !== 'command') return createProverPool({ backend, workers });
  if (proverWorker !== undefined) {
    if (proverCommand !== undefined) {
      throw new ConfigError(
        'NODE_TWO_PROVER_COMMANDS',
        'expected one external prover, both `prover-command` and `prover-worker` are set',
        { hint: 'Take `prover-worker` out where the program is to be run for each proof.' },
      );
    }
    const command = splitCommandLine(proverWorker);
    return createProverPool({ backend: 'command-worker', workers, command, timeoutSeconds });
  }
  if (proverCommand === undefined) {
    throw new ConfigError(
      'NODE_NO_PROVER_COMMAND',
      'the backend `command` needs `prover-command` or `prover-worker`',
      { hint: 'For example: prover-command = "rapidsnark {zkey} {witness} {proof} {public}".' },
    );
  }
  const command = parseCommandLine(proverCommand);
  return createProverPool({ backend, workers, command, timeoutSeconds });
}
