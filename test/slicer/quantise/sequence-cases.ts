import { Exported } from '../../support/exported.ts';
import type { FileParts } from '../../../scripts/bench/networks/onnx-file.ts';
import type { ProvedCase } from '../../support/proved-case.ts';

const [STEPS, WIDTH, HIDDEN] = [4, 3, 3];
const GATES: Readonly<Record<string, number>> = { GRU: 3, LSTM: 4, RNN: 1 };

interface Sequences {
  readonly batch?: number;
  readonly both?: boolean;
  /** How long they are: known, or an input. */
  readonly lengths?: readonly number[] | 'given';
  readonly peepholes?: boolean;
  readonly attributes?: Parameters<Exported['op']>[2];
}

/** A recurrent operator with all that it may read; all its results are outputs. */
function recurrent(operator: string, given: Sequences): ProvedCase {
  const { batch = 1, both = false, lengths, peepholes, attributes = {} } = given;
  const net = new Exported();
  const directions = both ? 2 : 1;
  const rows = GATES[operator] * HIDDEN;
  const count = operator === 'LSTM' ? 3 : 2;
  const known = lengths && lengths !== 'given' ? net.constant([batch], lengths, 'int32') : '';
  const inputs = [
    'x',
    net.weights([directions, rows, WIDTH]),
    net.weights([directions, rows, HIDDEN], 0.5),
    net.weights([directions, 2 * rows], 0.5),
    lengths === 'given' ? 'lengths' : known,
    net.weights([directions, batch, HIDDEN], 0.7),
    ...(operator === 'LSTM' ? [net.weights([directions, batch, HIDDEN], 0.7)] : []),
    ...(peepholes ? [net.weights([directions, 3 * HIDDEN], 0.5)] : []),
  ];
  const outputs = net.all(operator, inputs, count, {
    hidden_size: HIDDEN,
    ...(both ? { direction: 'bidirectional' } : {}),
    ...attributes,
  });
  const reads: FileParts['inputs'] = [['x', [STEPS, batch, WIDTH]]];
  return {
    tolerance: 0.02,
    ...(lengths === 'given' ? { values: [1, STEPS] } : {}),
    file: net.file(lengths === 'given' ? [...reads, ['lengths', [batch], 'int32']] : reads, outputs),
  };
}

const floats = (values: readonly number[]) => ({ type: 6, floats: values });

/** Sequences that end sooner than others, and cells with numbers of their own. */
export const sequenceCases: Readonly<Record<string, ProvedCase>> = {
  'LSTM both ways over sequences of known lengths': recurrent('LSTM', {
    batch: 2,
    both: true,
    lengths: [2, 4],
  }),
  'GRU both ways over sequences of known lengths': recurrent('GRU', {
    batch: 2,
    both: true,
    lengths: [3, 1],
  }),
  'RNN over sequences whose lengths are given': recurrent('RNN', { batch: 2, both: true, lengths: 'given' }),
  'LSTM with peepholes': recurrent('LSTM', { peepholes: true }),
  'LSTM that keeps what it does not let in': recurrent('LSTM', { attributes: { input_forget: 1 } }),
  'LSTM by functions with numbers': recurrent('LSTM', {
    attributes: {
      activations: ['HardSigmoid', 'ScaledTanh', 'Affine'],
      activation_alpha: floats([0.25, 0.75, 0.5]),
      activation_beta: floats([0.375, 1.25, 0.125]),
    },
  }),
  'GRU by functions with numbers, of both directions': recurrent('GRU', {
    both: true,
    attributes: {
      activations: ['Sigmoid', 'LeakyRelu', 'HardSigmoid', 'Tanh'],
      activation_alpha: floats([0.125, 0.3]),
      activation_beta: floats([0.4]),
    },
  }),
};
