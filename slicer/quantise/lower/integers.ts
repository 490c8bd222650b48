import type { ElementType, OnnxGraph, OnnxNode } from '../../onnx/index.ts';
import { isFloat } from '../../onnx/tensor-data.ts';

/**
 * Operators that give integers as they were given: some of them, in some order or shape, the largest or where it is; and
 * those whose results are of no type that could end.
 */
const KEEPING: ReadonlySet<string> = new Set([
  'And',
  'ArgMax',
  'Clip',
  'Concat',
  'ConvInteger',
  'DepthToSpace',
  'DequantizeLinear',
  'Dropout',
  'Equal',
  'Expand',
  'Flatten',
  'Gather',
  'GlobalMaxPool',
  'Greater',
  'GreaterOrEqual',
  'Identity',
  'Less',
  'LessOrEqual',
  'MatMulInteger',
  'Max',
  'MaxPool',
  'Min',
  'Not',
  'Or',
  'Pad',
  'QLinearConv',
  'QLinearMatMul',
  'QuantizeLinear',
  'ReduceMax',
  'ReduceMin',
  'Reshape',
  'Sign',
  'Slice',
  'SpaceToDepth',
  'Split',
  'Squeeze',
  'Tile',
  'Transpose',
  'Unsqueeze',
  'Where',
  'Xor',
]);

/** Whether a node counts in integers: it divides towards zero and wraps where its type ends, which no operator on reals does. */
export function countsInIntegers(graph: OnnxGraph, { operator, inputs, outputs }: OnnxNode): boolean {
  const [from, to] = [inputs[0], outputs[0]].map((name) => graph.tensors.get(name)?.type ?? 'float32');
  if (operator === 'Cast') return !isFloat(from) && !isFloat(to) && to !== 'bool' && !holds(to, from);
  if (KEEPING.has(operator)) return false;
  const computed = inputs.filter((name) => !graph.constants.has(name));
  return [...computed, ...outputs].some((name) => {
    const type = graph.tensors.get(name)?.type;
    return type !== undefined && !isFloat(type);
  });
}

/** Whether a type holds every value of another: else a cast cuts off, or wraps. */
export function holds(to: ElementType, from: ElementType): boolean {
  if (to === from || (isFloat(to) && isFloat(from)) || isFloat(to)) return true;
  if (isFloat(from) || to === 'bool') return false;
  const [wide, narrow] = [LIMITS[to], LIMITS[from]];
  return wide.low <= narrow.low && wide.high >= narrow.high;
}

/** The least and the largest integer of a type. */
export const LIMITS: Readonly<Record<string, { readonly low: number; readonly high: number }>> = {
  bool: { low: 0, high: 1 },
  uint8: { low: 0, high: 2 ** 8 - 1 },
  int8: { low: -(2 ** 7), high: 2 ** 7 - 1 },
  uint16: { low: 0, high: 2 ** 16 - 1 },
  int16: { low: -(2 ** 15), high: 2 ** 15 - 1 },
  uint32: { low: 0, high: 2 ** 32 - 1 },
  int32: { low: -(2 ** 31), high: 2 ** 31 - 1 },
  uint64: { low: 0, high: 2 ** 64 },
  int64: { low: -(2 ** 63), high: 2 ** 63 },
};
