import { realInput } from './features.ts';
import type { Expand, Parts } from './parts.ts';

/** Rows of constants beside rows that the model computes: [rows, width]. */
interface Rows {
  readonly values: readonly number[];
  readonly count: number;
  readonly width: number;
}

function product(parts: Parts, x: string, { values, count, width }: Rows, factor = 1): string {
  const scaled = values.map((value) => value * factor);
  return parts.add('Gemm', [x, parts.constant([count, width], scaled)], { transB: 1 });
}

/** ‖x − v‖² for each row of x and each of the constants: ‖x‖² − 2 x · v + ‖v‖². */
function squaredDistances(parts: Parts, x: string, rows: Rows): string {
  const own = parts.add('ReduceSum', [parts.add('Mul', [x, x]), parts.integers([1])], { keepdims: 1 });
  const norms = Array.from({ length: rows.count }, (_, i) =>
    rows.values.slice(i * rows.width, (i + 1) * rows.width).reduce((sum, value) => sum + value * value, 0),
  );
  const moved = parts.add('Add', [product(parts, x, rows, -2), parts.constant([rows.count], norms)]);
  return parts.add('Add', [moved, own]);
}

/** What a support vector machine makes of each sample and support vector. */
function kernel(parts: Parts, x: string, vectors: Rows): string | undefined {
  const [gamma, offset, degree] = parts.numbers('kernel_params') ?? [];
  switch (parts.text('kernel_type', 'LINEAR')) {
    case 'LINEAR':
      return product(parts, x, vectors);
    case 'POLY': {
      const sum = parts.add('Add', [product(parts, x, vectors, gamma), parts.number(offset)]);
      return degree === 1 ? sum : parts.add('Pow', [sum, parts.number(degree)]);
    }
    case 'SIGMOID':
      return parts.add('Tanh', [parts.add('Add', [product(parts, x, vectors, gamma), parts.number(offset)])]);
    case 'RBF':
      return parts.add('Exp', [
        parts.add('Mul', [squaredDistances(parts, x, vectors), parts.number(-gamma)]),
      ]);
    default:
      return undefined;
  }
}

/** A sum over support vectors, or with none of them a product with coefficients. */
const regressor: Expand = (parts) => {
  const shape = parts.shapeOf(parts.inputs[0]);
  const coefficients = parts.numbers('coefficients') ?? [];
  const count = parts.setting('n_supports', 0);
  const [rho = 0] = parts.numbers('rho') ?? [];
  const isPlain = parts.text('post_transform', 'NONE') === 'NONE' && parts.setting('one_class', 0) === 0;
  if (shape.length !== 2 || !isPlain) return false;
  const x = realInput(parts);
  const values = parts.numbers('support_vectors') ?? [];
  const width = count === 0 ? coefficients.length : count;
  const made = count === 0 ? x : kernel(parts, x, { values, count, width: shape[1] });
  if (made === undefined || coefficients.length !== width) return false;
  const weights = parts.constant([1, width], coefficients);
  parts.add('Gemm', [made, weights, parts.constant([1], [rho])], { transB: 1 }, parts.outputs[0]);
  return true;
};

/** Distances from rows that the model knows. */
const distances: Expand = (parts) => {
  const [x] = parts.inputs;
  const known = parts.known(1);
  const metric = parts.text('metric', 'sqeuclidean');
  if (!known || parts.typeOf(x) !== 'float32') return false;
  const [count, width] = known.shape;
  const squares = squaredDistances(parts, x, { values: Array.from(known.data, Number), count, width });
  // What rounding takes below 0 has no root.
  const root = (): void => void parts.add('Sqrt', [parts.add('Relu', [squares])], {}, parts.outputs[0]);
  if (metric === 'sqeuclidean') parts.add('Relu', [squares], {}, parts.outputs[0]);
  else root();
  return metric === 'sqeuclidean' || metric === 'euclidean';
};

/** Models that compare with samples that they keep. */
export const kernels: Readonly<Record<string, Expand>> = {
  'ai.onnx.ml:SVMRegressor': regressor,
  'com.microsoft:CDist': distances,
};
