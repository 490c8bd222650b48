import { randomBytes as cryptoRandomBytes } from 'node:crypto';
import type { ProofBackend, ProvedStatement } from '../backend.ts';
import { readZkey } from '../../formats/zkey-file.ts';
import { openCommitmentKey, withCommitment } from '../../lookups/commitment.ts';
import { ProveError } from '../errors.ts';
import { createNativeProver } from './prover.ts';
import type { NativeProver, RandomBytes } from './prover.ts';
import { sharesOf } from './threads/shares.ts';
import { startThreads, type ProofThreads } from './threads/threads.ts';

/** Settings of {@link createNativeJsBackend}. */
export interface NativeJsOptions {
  /** Source of what blinds the proofs. Default: `node:crypto`. */
  readonly randomBytes?: RandomBytes;
  /** Threads that share the work of one proof. Default: 1, this one. */
  readonly threads?: number;
}

/**
 * Our own prover over wasmcurves' arithmetic. It blocks the event loop of its thread for seconds, so it belongs into a process of
 * its own (pool.ts). The curve is built at the first proof; one key stays in its memory, so a key that is opened takes the place of
 * the one before.
 */
export function createNativeJsBackend({
  randomBytes = cryptoRandomBytes,
  threads = 1,
}: NativeJsOptions = {}): ProofBackend {
  let prover: Promise<NativeProver> | undefined;
  let others: ProofThreads | undefined;
  let opened = 0;
  const open: ProofBackend['open'] = async (provingKey) => {
    prover ??= createNativeProver(randomBytes);
    const ready = await prover;
    const mine = ++opened;
    const commitment = await openCommitmentKey(provingKey);
    if (threads === 1) ready.load(provingKey);
    else {
      others ??= startThreads(threads - 1);
      const key = readZkey(provingKey);
      const [own, ...rest] = sharesOf(key, threads);
      const loading = others.load(key, rest);
      ready.load(key, own);
      await loading;
    }
    return {
      async prove(witness) {
        if (mine !== opened) {
          throw new ProveError('PROVE_KEY_REPLACED', 'another proving key has been opened in the meantime', {
            hint: 'open the key again',
          });
        }
        const proved = others ? await proveTogether(ready, others, witness) : ready.prove(witness);
        return withCommitment(commitment, witness, proved);
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

async function proveTogether(
  prover: NativeProver,
  others: ProofThreads,
  witness: Uint8Array,
): Promise<ProvedStatement> {
  const begun = prover.begin(witness);
  const shared = others.begin(begun.values);
  const own = begun.sums((scalars) => shared.quotient(scalars));
  return begun.finish([own, ...(await shared.sums)]);
}
