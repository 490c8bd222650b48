import { Net, normal, type ExportedNetwork } from './net.ts';

const [STEPS, WIDTH, HIDDEN, CLASSES] = [16, 50, 64, 20];

/** 31,000 parameters over 16 steps of 50, as PyTorch 2 writes an LSTM of a batch that comes first: scores, and its last state. */
export function lstm(): ExportedNetwork {
  const net = new Net();
  const turned = net.op('Transpose', ['x'], { perm: [1, 0, 2] });
  const batch = net.op('Gather', [net.op('Shape', [turned]), net.constant([], [1], 'int64')], { axis: 0 });
  const sizes = [net.integers(1), net.op('Unsqueeze', [batch, net.integers(0)]), net.integers(HIDDEN)];
  const start = net.op('ConstantOfShape', [net.op('Concat', sizes, { axis: 0 })]);
  const rows = 4 * HIDDEN;
  const weights = [
    net.weights([1, rows, WIDTH], 3 * HIDDEN),
    net.weights([1, rows, HIDDEN], 3 * HIDDEN),
    net.weights([1, 2 * rows], 3 * HIDDEN),
  ];
  const [all, state] = net.all('LSTM', [turned, ...weights, '', start, start], 3, { hidden_size: HIDDEN });
  const back = net.op('Transpose', [net.op('Squeeze', [all, net.integers(1)])], { perm: [1, 0, 2] });
  const last = net.op('Gather', [back, net.constant([], [-1], 'int64')], { axis: 1 });
  const scores = net.dense(last, HIDDEN, CLASSES);
  return net.finish({ shape: [1, STEPS, WIDTH], outputs: [scores, state], draw: normal, opset: 14 });
}
