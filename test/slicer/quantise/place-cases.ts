import { Exported } from '../../support/exported.ts';
import type { FileParts } from '../../../scripts/bench/networks/onnx-file.ts';
import type { ProvedCase } from '../../support/proved-case.ts';

const FROM = 4;
const near = { tolerance: 0.005 };

/** What an operator takes of what the model computes, by places that are inputs. */
function taken(
  operator: string,
  shape: readonly number[],
  places: readonly number[],
  attributes: Parameters<Exported['op']>[2] = {},
): ProvedCase {
  const net = new Exported();
  const all = net.op('Tanh', ['x']);
  const inputs: FileParts['inputs'] = [
    ['x', shape],
    ['i', places, 'int64'],
  ];
  return {
    ...near,
    values: [-2, FROM - 1],
    file: net.file(inputs, [net.op(operator, [all, 'i'], attributes)]),
  };
}

/** Trees as Hummingbird writes them that walks down them: a feature, a threshold and two children by the node that a sample is at. */
function walked(): ProvedCase {
  const net = new Exported();
  const rows = 3;
  const features = net.whole([7], 0, FROM - 1, 'int64');
  const thresholds = net.weights([7], 0.5);
  const children = [
    [1, 3, 5, 3, 4, 5, 6],
    [2, 4, 6, 3, 4, 5, 6],
  ].map((next) => net.constant([7], next, 'int64'));
  const one = net.integers(rows, 1);
  let at = net.op('Expand', [net.integers(0), net.integers(rows)]);
  for (let depth = 0; depth < 2; depth++) {
    const of = (table: string): string => net.op('Reshape', [net.op('Gather', [table, at]), one]);
    const value = net.op('GatherElements', ['x', of(features)], { axis: 1 });
    const less = net.op('LessOrEqual', [value, of(thresholds)]);
    const next = net.op('Where', [less, of(children[0]), of(children[1])]);
    at = net.op('Reshape', [next, net.integers(-1)]);
  }
  const y = net.op('Gather', [net.weights([7]), at]);
  return { tolerance: 0.005, bits: 12, file: net.file([['x', [rows, FROM]]], [y]) };
}

/** Places that the model computes. */
export const computedPlaceCases: Readonly<Record<string, ProvedCase>> = {
  'Gather of rows': taken('Gather', [FROM, 3], [2, 2]),
  'Gather of columns': taken('Gather', [2, FROM, 2], [3], { axis: 1 }),
  GatherElements: taken('GatherElements', [3, FROM], [2, 3], { axis: 1 }),
  'GatherElements of one axis': taken('GatherElements', [FROM], [3]),
  GatherND: taken('GatherND', [FROM, FROM, 2], [3, 2]),
  OneHot: (() => {
    const net = new Exported();
    const values = net.constant([2], [-0.5, 2]);
    const y = net.op('OneHot', ['i', net.constant([], [FROM], 'int64'), values], { axis: 1 });
    return { ...near, values: [-FROM, FROM - 1], file: net.file([['i', [2, 3], 'int64']], [y]) };
  })(),
  'trees that are walked down': walked(),
};
