import type { Expand, Parts } from './parts.ts';

/** Queries, keys and values by head, [batch, heads, tokens, each]. */
interface Heads {
  readonly query: string;
  readonly key: string;
  readonly value: string;
}

interface Options {
  readonly scale: number;
  readonly causal: boolean;
  /** What is added to scores, or says which count; broadcasts to [batch, heads, tokens, tokens]. */
  readonly mask?: string;
  readonly softcap?: number;
}

/** [batch, tokens, heads · each] by head. */
function byHead(parts: Parts, name: string, heads: number, shape = parts.shapeOf(name)): string {
  const [batch, tokens, width] = shape;
  return split(parts, name, [batch, tokens, heads, width / heads]);
}

function split(parts: Parts, name: string, shape: readonly number[]): string {
  return parts.add('Transpose', [parts.add('Reshape', [name, parts.integers(shape)])], {
    perm: [0, 2, 1, 3],
  });
}

/** Each head of keys or values for several of queries. */
function repeated(parts: Parts, name: string, times: number, shape: readonly number[]): string {
  if (times === 1) return name;
  const [batch, heads, tokens, each] = shape;
  const wide = parts.add('Reshape', [name, parts.integers([batch, heads, 1, tokens, each])]);
  const all = parts.add('Expand', [wide, parts.integers([batch, heads, times, tokens, each])]);
  return parts.add('Reshape', [all, parts.integers([batch, heads * times, tokens, each])]);
}

/** Softmax of scaled scores times values; by head again. */
function attended(
  parts: Parts,
  { query, key, value }: Heads,
  [rows, columns]: readonly [rows: number, columns: number],
  { scale, causal, mask, softcap = 0 }: Options,
): string {
  const turned = parts.add('Transpose', [key], { perm: [0, 1, 3, 2] });
  const product = parts.add('MatMul', [query, turned]);
  let scores = parts.add('Mul', [product, parts.number(scale)]);
  if (softcap !== 0) {
    const capped = parts.add('Tanh', [parts.add('Mul', [scores, parts.number(1 / softcap)])]);
    scores = parts.add('Mul', [capped, parts.number(softcap)]);
  }
  if (causal) {
    const seen = Array.from({ length: rows * columns }, (_, i) =>
      Number(i % columns <= Math.floor(i / columns)),
    );
    scores = hidden(parts, parts.constant([rows, columns], seen, 'bool'), scores);
  }
  if (mask !== undefined) {
    scores = parts.typeOf(mask) === 'bool' ? hidden(parts, mask, scores) : parts.add('Add', [scores, mask]);
  }
  return parts.add('MatMul', [parts.add('Softmax', [scores], { axis: -1 }), value]);
}

/** Scores where a condition holds. */
function hidden(parts: Parts, condition: string, scores: string): string {
  return parts.add('Where', [condition, scores, parts.number(-Infinity)]);
}

function joined(parts: Parts, byHeads: string, shape: readonly number[]): void {
  const turned = parts.add('Transpose', [byHeads], { perm: [0, 2, 1, 3] });
  parts.add('Reshape', [turned, parts.integers(shape)], {}, parts.outputs[0]);
}

const onlyFirst = (parts: Parts): boolean => parts.outputs.slice(1).every((name) => !parts.has(name));

/** ONNX's own, without what it keeps from call to call. */
const attention: Expand = (parts) => {
  const [query, key, value, mask, ...past] = parts.inputs;
  const softcap = parts.setting('softcap', 0);
  const causal = parts.setting('is_causal', 0) !== 0;
  const masks = causal || parts.has(mask);
  if (past.some((name) => parts.has(name)) || !onlyFirst(parts) || (softcap !== 0 && masks)) return false;
  const flat = parts.shapeOf(query).length === 3;
  const shapes = [query, key, value].map((name) => parts.shapeOf(name));
  const heads = flat ? parts.setting('q_num_heads', 1) : shapes[0][1];
  const others = flat ? parts.setting('kv_num_heads', 1) : shapes[1][1];
  const [batch, rows, columns] = [shapes[0][0], shapes[0].at(-2) as number, shapes[1].at(-2) as number];
  const each = [heads, others, others].map((count, i) => (shapes[i].at(-1) as number) / (flat ? count : 1));
  const [q, k, v] = [query, key, value].map((name, i) =>
    flat ? byHead(parts, name, i === 0 ? heads : others) : name,
  );
  const times = heads / others;
  const result = attended(
    parts,
    {
      query: q,
      key: repeated(parts, k, times, [batch, others, columns, each[1]]),
      value: repeated(parts, v, times, [batch, others, columns, each[2]]),
    },
    [rows, columns],
    {
      scale: parts.setting('scale', 1 / Math.sqrt(each[0])),
      causal,
      softcap,
      ...(parts.has(mask) ? { mask } : {}),
    },
  );
  if (flat) joined(parts, result, [batch, rows, heads * each[2]]);
  else parts.add('Identity', [result], {}, parts.outputs[0]);
  return true;
};

/** ONNX Runtime's, of queries, keys and values that are projected already. */
const multiHead: Expand = (parts) => {
  const [query, key, value, bias, ...rest] = parts.inputs;
  const shapes = [query, key, value].map((name) => parts.shapeOf(name));
  const known = parts.known(3);
  if (rest.some((name) => parts.has(name)) || !onlyFirst(parts)) return false;
  if (shapes.some((shape) => shape.length !== 3) || (parts.has(bias) && !known)) return false;
  const heads = parts.setting('num_heads', 1);
  let from = 0;
  const [q, k, v] = [query, key, value].map((name, i) => {
    const width = shapes[i][2];
    const own = known && Array.from(known.data.slice(from, from + width), Number);
    from += width;
    const moved = own ? parts.add('Add', [name, parts.constant([width], own)]) : name;
    return byHead(parts, moved, heads, shapes[i]);
  });
  const [batch, rows, width] = shapes[0];
  const result = attended(parts, { query: q, key: k, value: v }, [rows, shapes[1][1]], {
    scale: parts.setting('scale', 0) || 1 / Math.sqrt(width / heads),
    causal: parts.setting('unidirectional', 0) !== 0,
  });
  joined(parts, result, [batch, rows, shapes[2][2]]);
  return true;
};

/** ONNX Runtime's, with one matrix for queries, keys and values. */
const projected: Expand = (parts) => {
  const [input, weights, bias, mask, ...rest] = parts.inputs;
  const [batch, tokens] = parts.shapeOf(input);
  const matrix = parts.known(1);
  const isPlain = !rest.some((name) => parts.has(name)) && !parts.has(mask) && onlyFirst(parts);
  if (!matrix || !isPlain || parts.numbers('qkv_hidden_sizes')) return false;
  const width = matrix.shape[1] / 3;
  const heads = parts.setting('num_heads', 1);
  const product = parts.add('MatMul', [input, weights]);
  const all = parts.has(bias) ? parts.add('Add', [product, bias]) : product;
  const [query, key, value] = parts
    .addAll('Split', [all, parts.integers([width, width, width])], { axis: 2 }, 3)
    .map((name) => split(parts, name, [batch, tokens, heads, width / heads]));
  const result = attended(parts, { query, key, value }, [tokens, tokens], {
    scale: parts.setting('scale', 0) || 1 / Math.sqrt(width / heads),
    causal: parts.setting('unidirectional', 0) !== 0,
  });
  joined(parts, result, [batch, tokens, width]);
  return true;
};

/** Attention as one operator. */
export const attentions: Readonly<Record<string, Expand>> = {
  Attention: attention,
  'com.microsoft:Attention': projected,
  'com.microsoft:MultiHeadAttention': multiHead,
};
