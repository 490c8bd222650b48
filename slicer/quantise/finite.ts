import { QuantiseError } from './errors.ts';
import type { FloatModel, FloatNode } from './float-model.ts';

/**
 * Every number that the model knows is one.
 * @throws QuantiseError QUANTISE_NOT_FINITE naming the node
 */
export function expectFiniteConstants({ tensors, nodes }: FloatModel): void {
  for (const node of nodes) {
    for (const [what, values] of constantsOf(node)) {
      const at = values.findIndex((value) => !Number.isFinite(value));
      if (at < 0) continue;
      throw new QuantiseError(
        'QUANTISE_NOT_FINITE',
        `${node.name}: value ${at} of its ${what} is ${values[at]}, expected finite numbers; it writes ${tensors[node.output].name}`,
        { hint: 'No integer stands for it: train or export the model again.', details: { node: node.name } },
      );
    }
  }
}

/** Bounds of a Clip may be infinite, and what moves values may have a fill that nobody sees. */
function constantsOf(node: FloatNode): readonly (readonly [string, Float64Array])[] {
  switch (node.kind) {
    case 'conv':
    case 'gemm':
      return [
        ['weights', node.weights],
        ['biases', node.bias],
      ];
    case 'layer-norm':
      return [
        ['scales', node.scale],
        ['biases', node.bias],
      ];
    case 'constant':
    case 'offset':
      return [['constants', node.values]];
    case 'slopes':
      return [['slopes', node.slopes]];
    default:
      return [];
  }
}

/** The error for values that are none, of the first node that writes such. */
export function notFinite(model: FloatModel, values: readonly Float64Array[], sample: number): QuantiseError {
  const strange = (id: number): number | undefined => values[id].find((value) => !Number.isFinite(value));
  const node = model.nodes.find(({ output }) => strange(output) !== undefined);
  const name = node?.name ?? 'the model';
  const operator = node?.kind === 'foreign' ? node.operator : node?.kind;
  return new QuantiseError(
    'QUANTISE_NOT_FINITE',
    `${name}: ${operator} gives ${node && strange(node.output)} on calibration sample ${sample}, expected finite numbers; it writes ${node && model.tensors[node.output].name}`,
    {
      hint: 'Clip what it reads, as Log(Max(x, 1e−6)), or leave such samples out.',
      details: { node: name, sample },
    },
  );
}
