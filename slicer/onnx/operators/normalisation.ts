import { formatShape } from '../graph.ts';
import { refuseNode } from '../refuse.ts';
import { inputOf, onlyAttribute, type Operator } from './operator.ts';

/** By the statistics that training left: scale · (x − mean) / √(variance + ε) + bias, channel by channel. */
const batchNormalization: Operator = {
  inputs: [5, 5],
  attributes: { epsilon: 'float', momentum: 'float', training_mode: 'int' },
  infer(context) {
    const { node } = context;
    onlyAttribute(node, 'training_mode', 0);
    const input = inputOf(context, 0);
    const channels = input.shape[1] ?? 1;
    for (let i = 1; i < 5; i++) {
      const { shape } = inputOf(context, i);
      if (String(shape) === String([channels])) continue;
      const problem = `input ${i} of shape ${formatShape(shape)}, expected ${channels} values`;
      throw refuseNode(node, 'ONNX_SHAPE_MISMATCH', problem);
    }
    return input;
  },
};

export const normalisationOperators: Readonly<Record<string, Operator>> = {
  BatchNormalization: batchNormalization,
};
