import { parseCommandLine, splitCommandLine } from '../groth16/prove/command/command-line.ts';
import { createProverPool, type ProverPool } from '../groth16/prove/pool.ts';
import { ConfigError } from '../protocol/errors.ts';
import type { ProverSettings } from './prover-settings.ts';

/** What proves, as the settings say. @throws ConfigError NODE_NO_PROVER_COMMAND, NODE_TWO_PROVER_COMMANDS, NODE_NO_THREADS */
export function openPool({
  backend,
  workers,
  threads,
  proverCommand,
  proverWorker,
  proverTimeoutSeconds: timeoutSeconds,
}: ProverSettings): ProverPool {
  if (threads > 1 && backend !== 'native-js') {
    throw new ConfigError(
      'NODE_NO_THREADS',
      `expected threads = 1 for the backend ${backend}, got ${threads}`,
      {
        hint: 'An external prover shares its work as its own arguments say; set `workers` for more proofs at once.',
      },
    );
  }
  if (backend !== 'command') return createProverPool({ backend, workers, threads });
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
