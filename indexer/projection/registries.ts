import { ZeroHash } from 'ethers';
import { unpackSliceSpec, unpackTensorSpec } from '../../protocol/contracts/words.ts';
import type { Changes } from './changes.ts';
import { sequenceOf, type EventArgs, type Place } from './events.ts';
import { addTotals } from './ledger.ts';

export async function circuitRegistered(
  changes: Changes,
  place: Place,
  args: EventArgs['CircuitRegistered'],
): Promise<void> {
  changes.put('Circuit', {
    id: args.circuit.toString(),
    number: args.circuit,
    keyDigest: args.keyDigest,
    srsId: args.srsId,
    setupDigest: args.setupDigest,
    signals: Number(args.signals),
    keyStore: args.keyStore,
    registrant: args.registrant,
    verifier: null,
    gasLimit: null,
    codeHash: null,
    ...placed(place),
  });
  await addTotals(changes, { circuits: 1 });
}

export async function externalCircuitRegistered(
  changes: Changes,
  place: Place,
  args: EventArgs['ExternalCircuitRegistered'],
): Promise<void> {
  changes.put('Circuit', {
    id: args.circuit.toString(),
    number: args.circuit,
    keyDigest: args.keyDigest,
    srsId: ZeroHash,
    setupDigest: args.setupDigest,
    signals: Number(args.signals),
    keyStore: args.keyStore,
    registrant: args.registrant,
    verifier: args.verifier,
    gasLimit: Number(args.gasLimit),
    codeHash: args.codeHash,
    ...placed(place),
  });
  await addTotals(changes, { circuits: 1 });
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

/** Where in the chain a row comes from. */
function placed(place: Place) {
  const { blockNumber, timestamp, transactionHash } = place;
  return { sequence: sequenceOf(place), blockNumber, timestamp, transactionHash };
}
