import type { TensorValues } from '../integer/program.ts';
import { executeSlice, type SliceSession } from './session.ts';

/** What running a sliced model needs to know of it; plans and manifests both have it. */
export interface SliceWiring {
  readonly id: number;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/**
 * Runs all slices in order: the values of every tensor of the model, by tensor id — a job's whole trace.
 * @param inputs integers of the model's inputs, tensor ids 0, 1, …
 * @param openSlice gives a slice's session, which is closed again once the slice has run
 */
export async function executeModel(
  slices: readonly SliceWiring[],
  inputs: readonly TensorValues[],
  openSlice: (id: number) => Promise<SliceSession>,
): Promise<TensorValues[]> {
  const values: TensorValues[] = [...inputs];
  for (const slice of slices) {
    const session = await openSlice(slice.id);
    try {
      const results = await executeSlice(
        session,
        slice.inputs.map((id) => values[id]),
      );
      slice.outputs.forEach((id, i) => (values[id] = results[i]));
    } finally {
      await session.close();
    }
  }
  return values;
}
