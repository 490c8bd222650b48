import { formatShape, type OnnxNode, type OnnxTensor } from '../../onnx/index.ts';
import { unsupported, type Lower, type Lowering } from './lowering.ts';

/** Operators on each value by itself. */
export const elementwiseOperators: Readonly<Record<string, Lower>> = { Add: add, Relu: relu };

function relu(lowering: Lowering, node: OnnxNode): void {
  const input = lowering.input(node, 0);
  lowering.emit({ kind: 'relu', name: node.name, input, output: lowering.output(node) });
}

/**
 * Of two tensors, or of a tensor and a constant: then part of the bias of the linear operator before, or a
 * depthwise 1×1 convolution with the constant as bias.
 */
function add(lowering: Lowering, node: OnnxNode): void {
  const constants = node.inputs.map((name) => lowering.known(name));
  const which = constants.findIndex((constant) => constant !== undefined);
  if (which < 0) {
    const [left, right] = [lowering.input(node, 0), lowering.input(node, 1)];
    const [leftShape, rightShape] = [left, right].map((id) => lowering.shapeOf(id));
    if (String(leftShape) !== String(rightShape)) {
      throw unsupported(node, `shapes ${formatShape(leftShape)} and ${formatShape(rightShape)} that differ`);
    }
    lowering.emit({ kind: 'add', name: node.name, inputs: [left, right], output: lowering.output(node) });
    return;
  }
  const constant = constants[which] as OnnxTensor;
  const input = lowering.input(node, 1 - which);
  const shape = lowering.shapeOf(input);
  const bias = perChannel(constant, shape);
  if (bias === undefined || (shape.length !== 2 && shape.length !== 4)) {
    throw unsupported(
      node,
      `a constant of shape ${formatShape(constant.shape)} with an input of shape ${formatShape(shape)}`,
    );
  }
  const before = lowering.writtenBy(input);
  if ((before?.kind === 'conv' || before?.kind === 'gemm') && lowering.readOnce(node.inputs[1 - which])) {
    const folded = before.bias.map((value, i) => value + bias[i]);
    lowering.replace(before, { ...before, bias: folded, output: lowering.output(node) });
    return;
  }
  addPerChannel(lowering, node, input, bias);
}

function addPerChannel(lowering: Lowering, node: OnnxNode, input: number, bias: Float64Array): void {
  const shape = lowering.shapeOf(input);
  const flat = shape.length === 2;
  const image = [1, bias.length, 1, 1];
  const source = flat ? lowering.reshaped(`${node.name}/image`, input, image) : input;
  const sum = flat ? lowering.tensor(`${node.name}/sum`, image) : lowering.output(node);
  lowering.emit({
    kind: 'conv',
    name: node.name,
    input: source,
    output: sum,
    weights: new Float64Array(bias.length).fill(1),
    bias,
    kernel: [1, 1],
    strides: [1, 1],
    pads: [0, 0, 0, 0],
    dilations: [1, 1],
    groups: bias.length,
  });
  if (flat)
    lowering.emit({ kind: 'reshape', name: `${node.name}/row`, input: sum, output: lowering.output(node) });
}

/** A constant as one value a channel, or undefined when it varies inside channels. */
function perChannel({ data, shape }: OnnxTensor, input: readonly number[]): Float64Array | undefined {
  const channels = input[1];
  const aligned = [...new Array<number>(Math.max(0, input.length - shape.length)).fill(1), ...shape];
  const fits =
    aligned.length === input.length &&
    aligned.every((size, i) => size === 1 || (i === 1 && size === channels));
  if (!fits) return undefined;
  return Float64Array.from({ length: channels }, (_, i) => Number(data[data.length === 1 ? 0 : i]));
}
