import { SlicerError } from '../errors.ts';
import { readOnnx, type OnnxGraph, type OnnxTensor, type TensorType } from '../onnx/index.ts';
import { decodeModel, prepareOnnx, withBranches } from '../onnx/prepare/index.ts';
import { modelCodec } from '../onnx/schema.ts';
import { noUnknowns, type Unknowns } from '../onnx/unknowns.ts';
import { foldedByRuntime, typesByRuntime } from './ask-runtime.ts';

/** More than any file needs: each round learns what nothing could be said about before. */
const MAX_ROUNDS = 1000;

/**
 * Reads a model. What the reader has no rules for and the file does not say, ONNX Runtime is asked: what operators that read
 * constants alone give, and what others write. An If whose condition is known is the branch that it takes.
 * @throws SlicerError ONNX_*; BuildError BUILD_FLOAT_MODEL: what ONNX Runtime says of a model that it refuses; ModelError MODEL_*
 */
export async function openModel(
  onnx: Uint8Array,
  dimensions?: Readonly<Record<string, number>>,
): Promise<OnnxGraph> {
  let file = prepareOnnx(onnx);
  const types = new Map<string, TensorType>();
  const folded = new Map<string, OnnxTensor | undefined>();
  for (let round = 0; ; round++) {
    const unknowns = noUnknowns();
    try {
      return readOnnx(file, { dimensions, types, folded, unknowns });
    } catch (error) {
      const asks = error instanceof SlicerError && round < MAX_ROUNDS && hasAny(unknowns);
      if (!asks) throw error;
      if (unknowns.branches.size > 0) {
        file = modelCodec.encode(withBranches(decodeModel(file), unknowns.branches));
      } else if (unknowns.constant.length > 0) {
        const results = await foldedByRuntime(file, unknowns);
        for (const name of unknowns.constant.flatMap(({ outputs }) => outputs)) folded.set(name, results.get(name));
      } else {
        const learnt = await typesByRuntime(file, unknowns);
        if (learnt.size === 0) throw error;
        for (const [name, type] of learnt) types.set(name, type);
      }
    }
  }
}

function hasAny({ branches, constant, untyped }: Unknowns): boolean {
  return branches.size + constant.length + untyped.length > 0;
}

/** A model that gives tensors besides its outputs: two messages of one kind, one after the other, are one. */
export function withOutputs(onnx: Uint8Array, names: readonly string[]): Uint8Array {
  const added = modelCodec.encode({ graph: { output: names.map((name) => ({ name })) } });
  return Buffer.concat([onnx, added]);
}
