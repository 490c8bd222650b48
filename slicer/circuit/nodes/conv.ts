import { exact, exactsOf, ints, plus, times, type Exact } from '../../integer/exact.ts';
import type { ConvNode, IntegerProgram } from '../../integer/program.ts';
import { ComputedForms, type LinearForms } from '../rows/linear.ts';
import { linearCircuit, type CircuitKind } from './kind.ts';

/** Sums of products with constants: no rows, they stand in the equations of whatever reads them. */
export const conv: CircuitKind<ConvNode> = {
  results: 'sums',
  multiplies: true,
  plan: (node, { program }) => linearCircuit(({ forms }) => convForms(program, node, forms[node.input])),
};

function convForms({ tensors }: IntegerProgram, node: ConvNode, input: LinearForms): LinearForms {
  const [batch, channels, height, width] = tensors[node.input].shape;
  const [, filters, outHeight, outWidth] = tensors[node.output].shape;
  const { kernel, strides, pads, dilations, groups } = node;
  const weights = ints(node.weights);
  const bias = exactsOf(node.bias);
  const perGroup = channels / groups;
  const positions = outHeight * outWidth;
  return new ComputedForms(batch * filters * positions, (index, visit) => {
    const entry = Math.floor(index / positions);
    const position = index % positions;
    const filter = entry % filters;
    const sample = Math.floor(entry / filters) * channels;
    const firstChannel = sample + Math.floor(filter / (filters / groups)) * perGroup;
    const top = Math.floor(position / outWidth) * strides[0] - pads[0];
    const left = (position % outWidth) * strides[1] - pads[1];
    let constant = bias[filter];
    let next = filter * perGroup * kernel[0] * kernel[1];
    let weight = exact(0);
    const visitTerm = (wire: number, factor: Exact): void => visit(wire, times(weight, factor));
    for (let channel = firstChannel; channel < firstChannel + perGroup; channel++) {
      for (let ky = 0; ky < kernel[0]; ky++) {
        const y = top + ky * dilations[0];
        for (let kx = 0; kx < kernel[1]; kx++) {
          const x = left + kx * dilations[1];
          weight = weights[next++];
          if (y < 0 || y >= height || x < 0 || x >= width || weight === 0) continue;
          const part = input.each((channel * height + y) * width + x, visitTerm);
          constant = plus(constant, times(weight, part));
        }
      }
    }
    return constant;
  });
}
