import { call, tensor, type FileParts } from '../../../scripts/bench/networks/onnx-file.ts';
import type { ProvedCase } from '../../support/proved-case.ts';
import { seededNumbers } from '../../support/programs.ts';

const draw = seededNumbers(5);
const integers = (count: number, low: number, high: number): number[] =>
  Array.from({ length: count }, () => draw(low, high));

const weights = tensor('w', [4, 3, 3, 3], integers(108, -100, 100), 'int8');
const bias = tensor('b', [4], integers(4, -3000, 3000), 'int32');
const scales = [
  tensor('sx', [], [0.0173]),
  tensor('sw', [4], [0.0021, 0.0043, 0.0017, 0.0032]),
  tensor('sy', [], [0.0411]),
];
const zeros = [
  tensor('zx', [], [121], 'uint8'),
  tensor('zw', [4], [0, 0, 0, 0], 'int8'),
  tensor('zy', [], [97], 'uint8'),
];
const image: FileParts['inputs'] = [['x', [1, 3, 6, 6], 'uint8']];
const whole = { values: [0, 255] as const, tolerance: 0 };

const matrix = tensor('w', [8, 5], integers(40, -90, 110), 'int8');
const one = [tensor('sw', [], [0.0061]), tensor('zw', [], [7], 'int8')];

export const quantisedCases: Readonly<Record<string, ProvedCase>> = {
  QLinearConv: {
    ...whole,
    file: {
      opset: 13,
      inputs: image,
      outputs: [['y', undefined, 'uint8']],
      nodes: [
        call('QLinearConv', ['x', 'sx', 'zx', 'w', 'sw', 'zw', 'sy', 'zy', 'b'], ['y'], {
          pads: [1, 1, 1, 1],
          strides: [2, 2],
        }),
      ],
      constants: [weights, bias, ...scales, ...zeros],
    },
  },
  QLinearMatMul: {
    ...whole,
    file: {
      opset: 13,
      inputs: [['x', [3, 8], 'uint8']],
      outputs: [['y', undefined, 'uint8']],
      nodes: [call('QLinearMatMul', ['x', 'sx', 'zx', 'w', 'sw', 'zw', 'sy', 'zy'], ['y'])],
      constants: [matrix, ...one, scales[0], scales[2], zeros[0], zeros[2]],
    },
  },
  MatMulInteger: {
    ...whole,
    file: {
      opset: 13,
      inputs: [['x', [3, 8], 'uint8']],
      outputs: [['y', undefined, 'int32']],
      nodes: [call('MatMulInteger', ['x', 'w', 'zx', 'zw'], ['y'])],
      constants: [matrix, one[1], zeros[0]],
    },
  },
  ConvInteger: {
    ...whole,
    file: {
      opset: 13,
      inputs: image,
      outputs: [['y', undefined, 'int32']],
      nodes: [call('ConvInteger', ['x', 'w', 'zx'], ['y'], { pads: [1, 1, 1, 1] })],
      constants: [weights, zeros[0]],
    },
  },
  'a convolution and a matrix between integers, as exporters write a quantised model': {
    ...whole,
    file: {
      opset: 13,
      inputs: image,
      outputs: [['y', undefined, 'uint8']],
      nodes: [
        call('DequantizeLinear', ['x', 'sx', 'zx'], ['xf']),
        call('DequantizeLinear', ['w', 'sw', 'zw'], ['wf'], { axis: 0 }),
        call('Conv', ['xf', 'wf', 'bf'], ['c']),
        call('Relu', ['c'], ['r']),
        call('QuantizeLinear', ['r', 'sy', 'zy'], ['q']),
        call('DequantizeLinear', ['q', 'sy', 'zy'], ['qf']),
        call('Flatten', ['qf'], ['flat']),
        call('QuantizeLinear', ['flat', 'sy', 'zy'], ['flatq']),
        call('DequantizeLinear', ['flatq', 'sy', 'zy'], ['flatf']),
        call('DequantizeLinear', ['m', 'sm', 'zm'], ['mf']),
        call('Gemm', ['flatf', 'mf'], ['g'], { transB: 1 }),
        call('QuantizeLinear', ['g', 'sz', 'zz'], ['y']),
      ],
      constants: [
        weights,
        ...scales,
        ...zeros,
        tensor('bf', [4], [0.31, -0.2, 0.117, 0.05]),
        tensor('m', [5, 64], integers(320, -120, 120), 'int8'),
        tensor('sm', [], [0.0031]),
        tensor('zm', [], [0], 'int8'),
        tensor('sz', [], [0.093]),
        tensor('zz', [], [130], 'uint8'),
      ],
    },
  },
  'scales that are powers of two: halves go to the even integer': {
    ...whole,
    file: {
      opset: 13,
      inputs: [['x', [3, 8], 'uint8']],
      outputs: [['y', undefined, 'uint8']],
      nodes: [call('QLinearMatMul', ['x', 'sx', 'zx', 'w', 'sw', 'zw', 'sy', 'zy'], ['y'])],
      constants: [
        matrix,
        tensor('sx', [], [2 ** -6]),
        tensor('sw', [], [0.5]),
        tensor('sy', [], [2]),
        one[1],
        zeros[0],
        zeros[2],
      ],
    },
  },
  'halves of few integers': {
    ...whole,
    file: {
      opset: 13,
      inputs: [['x', [3, 8], 'uint8']],
      outputs: [['y', undefined, 'int8']],
      nodes: [
        call('DequantizeLinear', ['x', 's', 'z'], ['r']),
        call('QuantizeLinear', ['r', 't', 'n'], ['y']),
      ],
      constants: [
        tensor('s', [], [0.5]),
        tensor('z', [], [100], 'uint8'),
        tensor('t', [], [1]),
        tensor('n', [], [0], 'int8'),
      ],
    },
  },
  'integers from reals and back': {
    tolerance: 0.004,
    file: {
      opset: 13,
      inputs: [['x', [2, 6]]],
      outputs: [['y', undefined]],
      nodes: [
        call('QuantizeLinear', ['x', 's', 'z'], ['q']),
        call('DequantizeLinear', ['q', 's', 'z'], ['y']),
      ],
      constants: [tensor('s', [], [0.031]), tensor('z', [], [100], 'uint8')],
    },
  },
};
