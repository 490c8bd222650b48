import { WRITTEN_IR_VERSION } from '../../slicer/onnx/limits.ts';
import { ATTRIBUTE_TYPE, modelCodec } from '../../slicer/onnx/schema.ts';

const FLOAT = 1;

/**
 * An ONNX model that is well formed and ends the process that runs it: ONNX Runtime writes where a Split's output that is left
 * out would be.
 */
export function crashingModel(name = 'crash'): Uint8Array {
  const value = (tensor: string, rows: number) => ({
    name: tensor,
    type: { tensorType: { elemType: FLOAT, shape: { dim: [{ dimValue: rows }, { dimValue: 2 }] } } },
  });
  return modelCodec.encode({
    irVersion: WRITTEN_IR_VERSION,
    producerName: 'sliceproof',
    graph: {
      name,
      node: [
        {
          name: 'split',
          opType: 'Split',
          input: ['x'],
          output: ['', 'b', 'c'],
          attribute: [{ name: 'axis', type: ATTRIBUTE_TYPE.int, i: 0 }],
        },
      ],
      input: [value('x', 6)],
      output: [value('c', 2)],
    },
    opsetImport: [{ domain: '', version: 13 }],
  });
}

/** Values that it takes. */
export const CRASHING_INPUT = {
  type: 'float32',
  shape: [6, 2],
  data: new Float32Array(12),
} as const;
