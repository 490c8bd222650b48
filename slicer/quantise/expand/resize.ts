import type { Expand, Parts } from './parts.ts';

/** How positions of a resized axis lie in the one that it is made of. */
interface Axis {
  readonly from: number;
  readonly to: number;
  readonly scale: number;
}

/** Weights of the values of an axis, [to, from]. */
type Matrix = readonly (readonly number[])[];

/** Position in the original axis, by the formulas of ONNX's Resize. Undefined for a mode that is not made here. */
function positionOf(mode: string, { from, to, scale }: Axis): ((x: number) => number) | undefined {
  switch (mode) {
    case 'half_pixel':
      return (x) => (x + 0.5) / scale - 0.5;
    case 'half_pixel_symmetric': {
      const adjusted = (from / 2) * (1 - to / (scale * from));
      return (x) => adjusted + (x + 0.5) / scale - 0.5;
    }
    case 'pytorch_half_pixel':
      return (x) => (to > 1 ? (x + 0.5) / scale - 0.5 : 0);
    case 'align_corners':
      return (x) => (to === 1 ? 0 : (x * (from - 1)) / (to - 1));
    case 'asymmetric':
      return (x) => x / scale;
    default:
      return undefined;
  }
}

/** Positions are of float32, of which a little is lost: what is as near as this to a border counts as on it. */
const NEAR = 1e-5;

function rounded(mode: string, x: number): number {
  const half = Math.abs(x - Math.floor(x) - 0.5) < NEAR;
  switch (mode) {
    case 'round_prefer_floor':
      return half ? Math.floor(x) : Math.round(x);
    case 'round_prefer_ceil':
      return half ? Math.ceil(x) : Math.round(x);
    case 'floor':
      return Math.floor(x + NEAR);
    default:
      return Math.ceil(x - NEAR);
  }
}

const clamp = (x: number, size: number): number => Math.min(size - 1, Math.max(0, x));

function nearest(axis: Axis, position: (x: number) => number, mode: string): Matrix {
  return Array.from({ length: axis.to }, (_, x) => {
    const taken = clamp(rounded(mode, position(x)), axis.from);
    return Array.from({ length: axis.from }, (__, i) => Number(i === taken));
  });
}

function linear(axis: Axis, position: (x: number) => number): Matrix {
  return Array.from({ length: axis.to }, (_, x) => {
    const at = Math.min(axis.from - 1, Math.max(0, position(x)));
    const below = clamp(Math.floor(at), axis.from);
    const above = clamp(below + 1, axis.from);
    const share = at - below;
    return Array.from(
      { length: axis.from },
      (__, i) => (i === below ? 1 - share : 0) + (i === above ? share : 0),
    );
  });
}

/** Sizes of a Resize or Upsample, by attribute or input; undefined where the model computes them. */
function axesOf(parts: Parts): readonly Axis[] | undefined {
  const [input] = parts.inputs;
  const shape = parts.shapeOf(input);
  const result = parts.shapeOf(parts.outputs[0]);
  const upsample = parts.opset < 10 || parts.inputs.length <= 2;
  const given = parts.numbers('scales') ?? parts.known(upsample ? 1 : 2)?.data;
  const scales = given && given.length === shape.length ? Array.from(given, Number) : undefined;
  if (parts.attributes.axes !== undefined) return undefined;
  if (parts.text('keep_aspect_ratio_policy', 'stretch') !== 'stretch') return undefined;
  return shape.map((from, axis) => ({
    from,
    to: result[axis],
    scale: scales?.[axis] ?? result[axis] / from,
  }));
}

/** Weights of each axis that changes. */
function matrixOf(parts: Parts, axis: Axis): Matrix | undefined {
  const mode = parts.text('mode', 'nearest');
  const old = parts.opset < 11 || parts.operator === 'Upsample';
  const position = positionOf(
    old ? 'asymmetric' : parts.text('coordinate_transformation_mode', 'half_pixel'),
    axis,
  );
  if (position === undefined) return undefined;
  if (mode === 'nearest') {
    return nearest(axis, position, old ? 'floor' : parts.text('nearest_mode', 'round_prefer_floor'));
  }
  if (mode !== 'linear' || parts.setting('antialias', 0) !== 0) return undefined;
  return linear(axis, position);
}

/** One axis after the other: values repeated, or a product with a constant matrix. */
const resize: Expand = (parts) => {
  const axes = axesOf(parts);
  if (axes === undefined || parts.attributes.exclude_outside) return false;
  const integers = parts.typeOf(parts.inputs[0]) !== 'float32';
  let [last] = parts.inputs;
  let shape = axes.map(({ from }) => from);
  for (const [at, axis] of axes.entries()) {
    const matrix = matrixOf(parts, axis);
    if (matrix === undefined) return false;
    if (axis.from === axis.to && matrix.every((row, i) => row[i] === 1)) continue;
    if (matrix.every((row) => row.includes(1))) {
      last = parts.add('Gather', [last, parts.integers(matrix.map((row) => row.indexOf(1)))], { axis: at });
    } else if (integers) {
      return false;
    } else {
      const others = [...shape.keys()].filter((each) => each !== at);
      const perm = [...others, at];
      const turned = parts.add('Transpose', [last], { perm });
      const weights = Array.from({ length: axis.from }, (_, i) => matrix.map((row) => row[i])).flat();
      const product = parts.add('MatMul', [turned, parts.constant([axis.from, axis.to], weights)]);
      last = parts.add('Transpose', [product], { perm: [...shape.keys()].map((each) => perm.indexOf(each)) });
    }
    shape = shape.with(at, axis.to);
  }
  parts.add('Identity', [last], {}, parts.outputs[0]);
  return true;
};

/** Operators that make an image larger or smaller. */
export const resizes: Readonly<Record<string, Expand>> = { Resize: resize, Upsample: resize };
