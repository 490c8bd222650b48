import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { moduleBeside } from '../../../protocol/beside.ts';
import { childEnvironment } from '../../child-environment.ts';
import { CeremonyError } from './errors.ts';
import type { SnarkjsAnswer, SnarkjsCall } from './snarkjs-messages.ts';

/** snarkjs's zkey functions, one call at a time. */
export interface Snarkjs {
  /** @throws CeremonyError CEREMONY_PROCESS: the process ended before it answered */
  call(call: SnarkjsCall): Promise<SnarkjsAnswer>;
  close(): Promise<void>;
}

/** Starts a process with snarkjs in it. */
export function openSnarkjs(): Snarkjs {
  const child = fork(fileURLToPath(moduleBeside(import.meta.url, './worker')), {
    // It leaves files for the garbage collector to close, which Node warns of.
    execArgv: ['--no-warnings'],
    env: childEnvironment(),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', resolve);
    child.once('error', () => resolve(null));
  });
  return {
    async call(call) {
      const answered = new Promise<SnarkjsAnswer>((resolve) =>
        child.once('message', (answer) => resolve(answer as SnarkjsAnswer)),
      );
      // A process that is gone says so by `exited`.
      child.send(call, () => undefined);
      const answer = await Promise.race([answered, exited]);
      if (answer !== null && typeof answer === 'object') return answer;
      throw new CeremonyError(
        'CEREMONY_PROCESS',
        `snarkjs ended with ${answer} in the middle of "${call.what}"`,
        {
          retryable: true,
          hint: 'It may have run out of memory.',
        },
      );
    },
    async close() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
