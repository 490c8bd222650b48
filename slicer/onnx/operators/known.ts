import { elementCount, type OnnxTensor } from '../graph.ts';
import { ONNX_LIMITS } from '../limits.ts';
import { refuseNode } from '../refuse.ts';
import { tensorOf } from '../tensor-data.ts';
import { constantIntegers, constantsOf, inputOf, intAttribute, type Operator } from './operator.ts';

/** The sizes of what a node reads, which are known whatever its values are. */
const shapeOf: Operator = {
  inputs: [1, 1],
  attributes: { start: 'int', end: 'int' },
  infer: (context) => ({ type: 'int64', shape: [sizesOf(context).length] }),
  fold: (context) => tensorOf('int64', [sizesOf(context).length], sizesOf(context)),
};

function sizesOf(context: Parameters<Operator['infer']>[0]): readonly number[] {
  const { shape } = inputOf(context, 0);
  const start = intAttribute(context.node, 'start', 0);
  return shape.slice(start, intAttribute(context.node, 'end', shape.length));
}

const size: Operator = {
  inputs: [1, 1],
  attributes: {},
  infer: () => ({ type: 'int64', shape: [] }),
  fold: (context) => tensorOf('int64', [], [elementCount(inputOf(context, 0).shape)]),
};

const constantOfShape: Operator = {
  inputs: [1, 1],
  attributes: { value: 'tensor' },
  infer(context) {
    const value = context.node.attributes.value as OnnxTensor | undefined;
    return { type: value?.type ?? 'float32', shape: constantIntegers(context, 0, 'shape') };
  },
  fold(context) {
    const value = context.node.attributes.value as OnnxTensor | undefined;
    const shape = constantIntegers(context, 0, 'shape');
    const count = elementCount(shape);
    if (!(count <= ONNX_LIMITS.elements)) {
      throw refuseNode(context.node, 'ONNX_TOO_LARGE', `it makes ${count} values`);
    }
    const filled = new Array<number | bigint>(count).fill(value?.data[0] ?? 0);
    return tensorOf(value?.type ?? 'float32', shape, filled);
  },
};

const range: Operator = {
  inputs: [3, 3],
  attributes: {},
  infer(context) {
    const constants = constantsOf(context);
    if (!constants) {
      throw refuseNode(context.node, 'ONNX_DYNAMIC_SHAPE', 'its bounds are computed by the model');
    }
    const [start, limit, step] = constants.map(({ data }) => Number(data[0]));
    const count = Math.max(Math.ceil((limit - start) / step), 0);
    if (!(count <= ONNX_LIMITS.elements)) {
      throw refuseNode(context.node, 'ONNX_TOO_LARGE', `it makes ${count} values`);
    }
    return { type: constants[0].type, shape: [count] };
  },
  fold(context) {
    const constants = constantsOf(context);
    if (!constants) return undefined;
    const [start, limit, step] = constants.map(({ data }) => Number(data[0]));
    const count = Math.max(Math.ceil((limit - start) / step), 0);
    return tensorOf(
      constants[0].type,
      [count],
      Array.from({ length: count }, (_, i) => start + i * step),
    );
  },
};

/** Operators whose results are known before the model runs. */
export const knownOperators: Readonly<Record<string, Operator>> = {
  ConstantOfShape: constantOfShape,
  Range: range,
  Shape: shapeOf,
  Size: size,
};
