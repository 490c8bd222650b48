import type { AttributeValue, OnnxNode, OnnxTensor } from './graph.ts';

/** A node as operator set 13 writes it, and the constants that it needs for that. */
interface Upgraded {
  readonly node: OnnxNode;
  readonly constants: readonly (readonly [name: string, tensor: OnnxTensor])[];
}

function integers(value: AttributeValue): OnnxTensor {
  const data = BigInt64Array.from((value as readonly number[]).map(BigInt));
  return { type: 'int64', shape: [data.length], data };
}

function float(value: AttributeValue): OnnxTensor {
  return { type: 'float32', shape: [], data: Float32Array.of(value as number) };
}

/** Attributes of older operator sets that became inputs, in the inputs' order after the first. */
const BECAME_INPUTS: Readonly<
  Record<string, readonly (readonly [string, (value: AttributeValue) => OnnxTensor])[]>
> = {
  Clip: [
    ['min', float],
    ['max', float],
  ],
  Dropout: [['ratio', float]],
  Pad: [
    ['pads', integers],
    ['value', float],
  ],
  ReduceSum: [['axes', integers]],
  Split: [['split', integers]],
  Slice: [
    ['starts', integers],
    ['ends', integers],
    ['axes', integers],
  ],
  Squeeze: [['axes', integers]],
  Unsqueeze: [['axes', integers]],
};

/**
 * Attributes that said what goes without saying since: that a smaller input is to be repeated (before operator
 * set 7), that it is inference, that statistics are by channel.
 */
const DROPPED: Readonly<Record<string, readonly string[]>> = {
  Add: ['broadcast'],
  Sub: ['broadcast'],
  Mul: ['broadcast'],
  Div: ['broadcast'],
  Gemm: ['broadcast'],
  BatchNormalization: ['is_test', 'spatial', 'consumed_inputs'],
  Dropout: ['is_test'],
};

/** Of a Softmax of before operator set 13: along its axis and all behind it. No attribute of ONNX has this name. */
export const FLATTENS = 'sliceproof.flattens';

/**
 * Rewrites a node of the operator sets 6 to 12 as operator set 13 has it. An attribute that is of the wrong
 * kind, or that the operator never had, is left for the check that follows.
 */
export function upgradeNode(node: OnnxNode): Upgraded {
  if (node.operator === 'Softmax') {
    return { node: { ...node, attributes: { axis: 1, ...node.attributes, [FLATTENS]: 1 } }, constants: [] };
  }
  const moved = (BECAME_INPUTS[node.operator] ?? []).filter(([name, make]) => {
    const value = node.attributes[name];
    return make === float
      ? typeof value === 'number'
      : Array.isArray(value) && value.every(Number.isSafeInteger);
  });
  const dropped = new Set(moved.map(([name]) => name));
  for (const name of DROPPED[node.operator] ?? []) if (name in node.attributes) dropped.add(name);
  if (dropped.size === 0) return { node, constants: [] };

  const constants = moved.map(
    ([name, make]) => [`${node.outputs[0]}:${name}`, make(node.attributes[name])] as const,
  );
  const names = new Set(moved.map(([name]) => name));
  const added = (BECAME_INPUTS[node.operator] ?? []).map(([name]) =>
    names.has(name) ? `${node.outputs[0]}:${name}` : '',
  );
  const inputs = moved.length === 0 ? node.inputs : [node.inputs[0], ...added];
  const attributes = Object.entries(node.attributes).filter(([name]) => !dropped.has(name));
  return { node: { ...node, inputs, attributes: Object.fromEntries(attributes) }, constants };
}
