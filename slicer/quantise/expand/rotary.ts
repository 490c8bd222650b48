import type { Expand, Parts } from './parts.ts';

interface Rotation {
  readonly input: string;
  /** Of the cosines and sines, [positions, each / 2]. */
  readonly caches: readonly [cos: string, sin: string];
  /** Of each token, [batch, tokens]; its own without. */
  readonly positions?: string;
  readonly heads: number;
}

/** Pairs of values turned by angles that their token's position has: half of a head with the other half, or neighbours. */
function rotated(parts: Parts, { input, caches, positions, heads }: Rotation): boolean {
  const shape = parts.shapeOf(input);
  const flat = shape.length === 3;
  if (flat && heads === 0) return false;
  const [batch, tokens] = flat ? shape : [shape[0], shape[2]];
  const each = flat ? shape[2] / heads : shape[3];
  const turning = parts.setting('rotary_embedding_dim', 0) || each;
  const interleaved = parts.setting('interleaved', 0) !== 0;
  const angles = caches.map((cache) => {
    const own = positions ? parts.add('Gather', [cache, positions], { axis: 0 }) : cache;
    // A head more or less at the same place.
    const sizes = flat ? [batch, tokens, 1, turning / 2] : [batch, 1, tokens, turning / 2];
    return parts.add('Reshape', [own, parts.integers(sizes)]);
  });
  const x = flat ? parts.add('Reshape', [input, parts.integers([batch, tokens, heads, each])]) : input;
  const columns = (places: readonly number[]): string =>
    parts.add('Gather', [x, parts.integers(places)], { axis: 3 });
  const half = Array.from({ length: turning / 2 }, (_, i) => i);
  const places = [0, 1].map((part) =>
    half.map((i) => (interleaved ? 2 * i + part : i + (part * turning) / 2)),
  );
  const [left, right] = places.map(columns);
  const [cos, sin] = angles;
  const times = (value: string, angle: string): string => parts.add('Mul', [value, angle]);
  const turned = [
    parts.add('Sub', [times(left, cos), times(right, sin)]),
    parts.add('Add', [times(left, sin), times(right, cos)]),
  ];
  const rest = Array.from({ length: each - turning }, (_, i) => turning + i);
  const all = parts.add('Concat', rest.length === 0 ? turned : [...turned, columns(rest)], { axis: 3 });
  const order = [...places.flat(), ...rest];
  const back = parts.integers(Array.from({ length: each }, (_, i) => order.indexOf(i)));
  const whole = parts.add('Gather', [all, back], { axis: 3 });
  parts.add('Reshape', [whole, parts.integers(shape)], {}, parts.outputs[0]);
  return true;
}

/** ONNX's own. */
const rotary: Expand = (parts) => {
  const [input, cos, sin, positions] = parts.inputs;
  return rotated(parts, {
    input,
    caches: [cos, sin],
    ...(parts.has(positions) ? { positions } : {}),
    heads: parts.setting('num_heads', 0),
  });
};

/** Positions as embeddings that turn what they are put on. */
export const rotaries: Readonly<Record<string, Expand>> = { RotaryEmbedding: rotary };
