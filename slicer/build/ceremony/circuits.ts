import { committedWires } from '../../../groth16/lookups/committed-wires.ts';
import { CeremonyError } from '../../../groth16/setup/ceremony/errors.ts';
import type { CeremonyTranscript } from '../../../groth16/setup/ceremony/transcript.ts';
import { circuitArtifacts, hasKeys, type Manifest, type ManifestSlice } from '../../../protocol/manifest.ts';

/** Public signals of a slice's circuit: commitments of the tensors at its edges, and the tag. */
export function signalsOf({ inputs, outputs }: Pick<ManifestSlice, 'inputs' | 'outputs'>): number {
  return inputs.length + outputs.length + 1;
}

/**
 * That a ceremony was about the circuits of this model.
 * @throws CeremonyError CEREMONY_MODEL
 */
export function expectCircuitsOf({ circuits }: CeremonyTranscript, { name, slices }: Manifest): void {
  const ours = slices.filter(hasKeys);
  const isOurs = (slice: Manifest['slices'][number], index: number): boolean => {
    const circuit = circuits.at(index);
    return (
      circuit?.slice === slice.id &&
      circuit.r1cs === circuitArtifacts(slice).r1cs.sha256 &&
      // σ for one wire more would let a commitment stand in for a public signal.
      (circuit.committed ?? 0) === committedWires(signalsOf(slice), circuit.publicWires)
    );
  };
  const differs =
    ours.find((slice, index) => !isOurs(slice, index))?.id ??
    (circuits.length > ours.length ? circuits[ours.length].slice : undefined);
  if (differs === undefined) return;
  throw new CeremonyError(
    'CEREMONY_MODEL',
    `the ceremony has another circuit for slice ${differs} than ${name}`,
    {
      hint: 'A ceremony is about the circuits that it started from: another build needs another ceremony.',
    },
  );
}
