import { randomBytes as cryptoRandomBytes } from 'node:crypto';
import type { ProofBackend } from '../backend.ts';
import { openCommitmentKey, withCommitment } from '../../lookups/commitment.ts';
import { ProveError } from '../errors.ts';
import { createNativeProver } from './prover.ts';
import type { NativeProver, RandomBytes } from './prover.ts';

/** Settings of {@link createNativeJsBackend}. */
export interface NativeJsOptions {
  /** Source of what blinds the proofs. Default: `node:crypto`. */
  readonly randomBytes?: RandomBytes;
}

/**
 * Our own prover over wasmcurves' arithmetic, on one thread of this process: it blocks the event loop for
 * seconds, so it belongs into a process of its own (pool.ts). The curve is built at the first proof; one key
 * stays in its memory, so a key that is opened takes the place of the one before.
 */
export function createNativeJsBackend({
  randomBytes = cryptoRandomBytes,
}: NativeJsOptions = {}): ProofBackend {
  let prover: Promise<NativeProver> | undefined;
  let opened = 0;
  const open: ProofBackend['open'] = async (provingKey) => {
    prover ??= createNativeProver(randomBytes);
    const ready = await prover;
    const mine = ++opened;
    const commitment = await openCommitmentKey(provingKey);
    ready.load(provingKey);
    return {
      async prove(witness) {
        if (mine !== opened) {
          throw new ProveError('PROVE_KEY_REPLACED', 'another proving key has been opened in the meantime', {
            hint: 'open the key again',
          });
        }
        return withCommitment(commitment, witness, ready.prove(witness));
      },
    };
  };
  return {
    name: 'native-js',
    keepsBytes: false,
    open,
    prove: async ({ provingKey, witness }) => (await open(provingKey)).prove(witness),
  };
}
