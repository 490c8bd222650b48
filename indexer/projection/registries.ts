import { ZeroHash } from 'ethers';
import { unpackSliceSpec, unpackTensorSpec } from '../../protocol/contracts/words.ts';
import type { Changes } from './changes.ts';
import { placed, type EventArgs, type Place } from './events.ts';
import { addTotals } from './ledger.ts';
import type { Rows } from './rows.ts';

/** What both kinds of circuits have, and what tells them apart. */
type CircuitArgs = Pick<
  EventArgs['CircuitRegistered'],
  'circuit' | 'keyDigest' | 'setupDigest' | 'signals' | 'keyStore' | 'registrant'
>;
type CircuitKind = Pick<Rows['Circuit'], 'srsId' | 'verifier' | 'gasLimit' | 'codeHash'>;

async function addCircuit(
  changes: Changes,
  place: Place,
  { circuit, keyDigest, setupDigest, signals, keyStore, registrant }: CircuitArgs,
  kind: CircuitKind,
): Promise<void> {
  changes.put('Circuit', {
    id: circuit.toString(),
    number: circuit,
    keyDigest,
    setupDigest,
    signals: Number(signals),
    keyStore,
    registrant,
    ...kind,
    ...placed(place),
  });
  await addTotals(changes, { circuits: 1 });
}

export function circuitRegistered(
  changes: Changes,
  place: Place,
  args: EventArgs['CircuitRegistered'],
): Promise<void> {
  const { srsId } = args;
  return addCircuit(changes, place, args, { srsId, verifier: null, gasLimit: null, codeHash: null });
}

export function externalCircuitRegistered(
  changes: Changes,
  place: Place,
  args: EventArgs['ExternalCircuitRegistered'],
): Promise<void> {
  const { verifier, gasLimit, codeHash } = args;
  const kind = { srsId: ZeroHash, verifier, gasLimit: Number(gasLimit), codeHash };
  return addCircuit(changes, place, args, kind);
}

export async function modelRegistered(
  changes: Changes,
  place: Place,
  args: EventArgs['ModelRegistered'],
): Promise<void> {
  const slices = args.slices.map(unpackSliceSpec);
  for (const [index, { circuit, weight, inputs, outputs }] of slices.entries()) {
    changes.put('ModelSlice', {
      id: `${args.modelId}:${index}`,
      modelId: args.modelId,
      index,
      circuitId: circuit === 0 ? null : circuit.toString(),
      weight: BigInt(weight),
      inputs: [...inputs],
      outputs: [...outputs],
    });
  }
  for (const [index, word] of args.tensors.entries()) {
    const { count, bits, signed } = unpackTensorSpec(word);
    changes.put('ModelTensor', {
      id: `${args.modelId}:${index}`,
      modelId: args.modelId,
      index,
      count: BigInt(count),
      bits,
      signed,
    });
  }
  changes.put('Model', {
    id: args.modelId,
    publisher: args.publisher,
    manifestDigest: args.manifestDigest,
    store: args.store,
    inputCount: Number(args.inputCount),
    outputs: args.outputs.map(Number),
    sliceCount: slices.length,
    provableCount: slices.filter((slice) => slice.circuit !== 0).length,
    jobCount: 0,
    ...placed(place),
  });
  await addTotals(changes, { models: 1 });
}
