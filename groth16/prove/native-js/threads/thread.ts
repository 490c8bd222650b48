import { parentPort } from 'node:worker_threads';
import { loadBn254 } from '../../../curve/bn254-wasm.ts';
import { createBn254Kernel } from '../../../kernel/bn254-kernel.ts';
import { ProveError } from '../../errors.ts';
import { letGo } from '../../let-go.ts';
import { createMultiScalars } from '../msm.ts';
import { withinMemory } from '../prover.ts';
import { signedScalars } from '../scalars.ts';
import { loadSums, sumsOf, WITNESS_SUMS } from '../sums.ts';
import type { LoadedSums, Sums } from '../sums.ts';
import type { FromThread, ToThread } from './messages.ts';

// A thread of a proof: adds up its share of the sums, those over the witness first.

const port = parentPort;
if (port !== null) {
  const curve = await loadBn254();
  const kernel = createBn254Kernel(curve);
  const multiScalar = createMultiScalars(curve, kernel.sums);
  const free = curve.top();
  let loaded: LoadedSums = {};
  let known: Sums = {};
  const say = (message: FromThread): void => port.postMessage(message);
  const hear = (message: ToThread): void => {
    const { id, kind } = message;
    if (kind === 'load') {
      loaded = {};
      curve.release(free);
      const { parts, numbering } = message;
      loaded = withinMemory(numbering, () => loadSums(curve, kernel.sums, parts, numbering));
      return say({ id, kind: 'loaded' });
    }
    const scalars = signedScalars(new Uint8Array(message.scalars));
    const names = kind === 'witness' ? WITNESS_SUMS : (['h'] as const);
    const sums = sumsOf(curve, multiScalar, loaded, names, scalars);
    letGo(scalars.words);
    known = kind === 'witness' ? sums : { ...known, ...sums };
    if (kind === 'quotient' || loaded.h === undefined) say({ id, kind: 'sums', sums: known });
  };
  port.on('message', (message: ToThread) => {
    try {
      hear(message);
    } catch (error) {
      if (!(error instanceof ProveError)) throw error;
      const { code, message: text, hint } = error;
      say({ id: message.id, kind: 'failed', code, message: text, ...(hint === undefined ? {} : { hint }) });
    }
  });
}
