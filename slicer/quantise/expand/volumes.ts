import { convolutionOf, countsPadding, poolOf, type OnnxNode } from '../../onnx/index.ts';
import type { Expand, Parts } from './parts.ts';

/** Windows over three dimensions, by those over two. */

const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);

function asNode(parts: Parts): OnnxNode {
  const { inputs, outputs, attributes } = parts;
  return {
    name: outputs[0],
    operator: parts.operator,
    inputs,
    outputs,
    attributes: attributes as OnnxNode['attributes'],
  };
}

/** The layers under each tap of the kernel's depth become channels of a flat convolution. */
const conv: Expand = (parts) => {
  const [input, , bias] = parts.inputs;
  const shape = parts.shapeOf(input);
  const weights = parts.known(1);
  if (shape.length !== 5 || !weights) return false;
  const [batch, channels, , height, width] = shape;
  const { groups, kernel, strides, dilations, pads, output } = convolutionOf(
    asNode(parts),
    shape,
    weights.shape,
  );
  const [filters, inner] = weights.shape;
  const [front, back] = [pads[0], pads[3]];
  const padded = parts.add('Pad', [input, parts.integers([0, 0, front, 0, 0, 0, 0, back, 0, 0])]);
  const layers = Array.from(
    { length: output[0] * kernel[0] },
    (_, i) => Math.floor(i / kernel[0]) * strides[0] + (i % kernel[0]) * dilations[0],
  );
  const taken = parts.add('Gather', [padded, parts.integers(layers)], { axis: 2 });
  const split = parts.add('Reshape', [
    taken,
    parts.integers([batch, channels, output[0], kernel[0], height, width]),
  ]);
  const turned = parts.add('Transpose', [split], { perm: [0, 2, 1, 3, 4, 5] });
  const flat = parts.add('Reshape', [
    turned,
    parts.integers([batch * output[0], channels * kernel[0], height, width]),
  ]);
  const matrix = parts.constant(
    [filters, inner * kernel[0], kernel[1], kernel[2]],
    Array.from(weights.data, Number),
  );
  const result = parts.add('Conv', [flat, matrix, ...(parts.has(bias) ? [bias] : [])], {
    group: groups,
    kernel_shape: kernel.slice(1),
    strides: strides.slice(1),
    dilations: dilations.slice(1),
    pads: [pads[1], pads[2], pads[4], pads[5]],
  });
  const apart = parts.add('Reshape', [
    result,
    parts.integers([batch, output[0], filters, ...output.slice(1)]),
  ]);
  parts.add('Transpose', [apart], { perm: [0, 2, 1, 3, 4] }, parts.outputs[0]);
  return true;
};

/** First over each layer, then over the depth. */
function pool(operator: 'MaxPool' | 'AveragePool'): Expand {
  return (parts) => {
    const [input] = parts.inputs;
    const shape = parts.shapeOf(input);
    if (shape.length !== 5 || parts.outputs.filter((name) => name !== '').length > 1) return false;
    const node = asNode(parts);
    const { kernel, strides, dilations, pads, output } = poolOf(node, shape);
    // Means of means are the mean where all count the same.
    const same = pads.every((pad) => pad === 0) || countsPadding(node);
    if (operator === 'AveragePool' && !same) return false;
    if (parts.setting('ceil_mode', 0) !== 0) return false;
    const [batch, channels, depth, height, width] = shape;
    const count: Readonly<Record<string, number>> =
      operator === 'AveragePool' ? { count_include_pad: 1 } : {};
    const layers = parts.add('Reshape', [input, parts.integers([batch, channels * depth, height, width])]);
    const flat = parts.add(operator, [layers], {
      kernel_shape: kernel.slice(1),
      strides: strides.slice(1),
      dilations: dilations.slice(1),
      pads: [pads[1], pads[2], pads[4], pads[5]],
      ...count,
    });
    const area = product(output.slice(1));
    const columns = parts.add('Reshape', [flat, parts.integers([batch, channels, depth, area])]);
    const deep = parts.add(operator, [columns], {
      kernel_shape: [kernel[0], 1],
      strides: [strides[0], 1],
      dilations: [dilations[0], 1],
      pads: [pads[0], 0, pads[3], 0],
      ...count,
    });
    parts.add('Reshape', [deep, parts.integers([batch, channels, ...output])], {}, parts.outputs[0]);
    return true;
  };
}

/** Operators over volumes; those over images stay what they are. */
export const volumes: Readonly<Record<string, Expand>> = {
  AveragePool: pool('AveragePool'),
  Conv: conv,
  MaxPool: pool('MaxPool'),
};
