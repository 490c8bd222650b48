import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OnnxTensor } from '../../slicer/onnx/graph.ts';
import { tensorCodec } from '../../slicer/onnx/schema.ts';
import { fromTensorProto } from '../../slicer/onnx/tensor-proto.ts';

/** The ONNX project's test vectors, beside the project or where the environment says; absent on most machines. */
export const conformanceFolder =
  process.env.SLICEPROOF_CONFORMANCE ??
  path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../shared/onnx-conformance');

export const hasConformance = existsSync(conformanceFolder);

/** One tensor out of a `.pb` file (TensorProto). */
export function readTensorFile(file: string): OnnxTensor {
  return fromTensorProto(tensorCodec.decode(readFileSync(file)), file);
}

/** A model with one set of inputs and the outputs that it must give for them. */
export interface ConformanceCase {
  readonly name: string;
  readonly model: Uint8Array;
  readonly inputs: readonly OnnxTensor[];
  readonly outputs: readonly OnnxTensor[];
}

/** All cases of the folder that have vectors, by name; none when it is absent. */
export function conformanceCases(): readonly ConformanceCase[] {
  if (!hasConformance) return [];
  return readdirSync(conformanceFolder)
    .filter((name) => existsSync(path.join(conformanceFolder, name, 'model.onnx')))
    .toSorted()
    .map((name) => {
      const folder = path.join(conformanceFolder, name);
      const data = path.join(folder, 'test_data_set_0');
      const tensors = (kind: string): readonly OnnxTensor[] =>
        readdirSync(data)
          .filter((file) => file.startsWith(kind))
          .toSorted()
          .map((file) => readTensorFile(path.join(data, file)));
      return {
        name,
        model: readFileSync(path.join(folder, 'model.onnx')),
        inputs: tensors('input_'),
        outputs: tensors('output_'),
      };
    });
}
