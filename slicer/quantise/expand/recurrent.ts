import type { Expand, Parts } from './parts.ts';

/** Steps that a sequence may have, both directions together: each is a copy of the cell. */
const MOST_STEPS = 1024;

/** By activation: what its numbers are called, and are where the node has none. */
const ACTIVATIONS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  Affine: { alpha: 1, beta: 0 },
  Elu: { alpha: 1 },
  HardSigmoid: { alpha: 0.2, beta: 0.5 },
  LeakyRelu: { alpha: 0.01 },
  Relu: {},
  ScaledTanh: { alpha: 1, beta: 1 },
  Sigmoid: {},
  Softplus: {},
  Softsign: {},
  Tanh: {},
  ThresholdedRelu: { alpha: 1 },
};

interface Activation {
  readonly name: string;
  readonly numbers: Readonly<Record<string, number>>;
}

/** What a cell carries from step to step; nothing stands for zeros. */
interface State {
  readonly h?: string;
  readonly c?: string;
}

/** One direction of a recurrent operator. */
interface Cell {
  readonly parts: Parts;
  readonly hidden: number;
  /** R, [gates · hidden, hidden], and its bias, [gates · hidden]. */
  readonly recurrence: readonly number[];
  readonly recurrentBias: readonly number[];
  /** How much of the state before it a gate of an LSTM sees, by gate: [3 · hidden]. */
  readonly peepholes?: readonly number[];
  /** The activation with this number, of x after its clip; `plain` has none. */
  readonly activate: (which: number, x: string, plain?: boolean) => string;
}

/** What a step makes of the input's part, [batch, gates · hidden], and the state before it. */
type Step = (cell: Cell, input: string, state: State) => State;

interface Kind {
  readonly gates: number;
  readonly activations: readonly string[];
  /** Gates whose recurrent bias may be added to the input's. */
  readonly joined: (parts: Parts) => number;
  readonly step: Step;
}

function gate({ parts, hidden }: Cell, of: string, index: number, count = 1): string {
  const columns = Array.from({ length: count * hidden }, (_, i) => index * hidden + i);
  return parts.add('Gather', [of, parts.integers(columns)], { axis: 1 });
}

/** h · Rᵀ for some of the gates; at once for an h that the model knows. */
function recurrent({ parts, hidden, recurrence }: Cell, h: string, from: number, to: number): string {
  const rows = recurrence.slice(from * hidden * hidden, to * hidden * hidden);
  const width = (to - from) * hidden;
  const known = parts.constants.get(h);
  if (!known) return parts.add('Gemm', [h, parts.constant([width, hidden], rows)], { transB: 1 });
  const [batch] = known.shape;
  const products = Array.from({ length: batch * width }, (_, i) => {
    const start = Math.floor(i / width) * hidden;
    const row = rows.slice((i % width) * hidden, ((i % width) + 1) * hidden);
    return row.reduce((sum, weight, k) => sum + weight * Number(known.data[start + k]), 0);
  });
  return parts.constant([batch, width], products);
}

function plus({ parts }: Cell, ...terms: readonly (string | undefined)[]): string {
  return terms.filter((term) => term !== undefined).reduce((left, right) => parts.add('Add', [left, right]));
}

const rnn: Kind = {
  gates: 1,
  activations: ['Tanh'],
  joined: () => 1,
  step: (cell, input, { h }) => ({ h: cell.activate(0, plus(cell, input, h && recurrent(cell, h, 0, 1))) }),
};

/** Gates i, o, f, c. */
const lstm: Kind = {
  gates: 4,
  activations: ['Sigmoid', 'Tanh', 'Tanh'],
  joined: () => 4,
  step(cell, input, { h, c }) {
    const { parts, activate } = cell;
    const all = plus(cell, input, h && recurrent(cell, h, 0, 4));
    const opened = (index: number, peephole: number, state: string | undefined): string =>
      activate(0, plus(cell, gate(cell, all, index), seen(cell, peephole, state)));
    const enters = opened(0, 0, c);
    const fresh = parts.add('Mul', [enters, activate(1, gate(cell, all, 3))]);
    const stays = (): string =>
      parts.setting('input_forget', 0) === 0 ? opened(2, 2, c) : parts.add('Sub', [parts.number(1), enters]);
    const kept = c && parts.add('Mul', [stays(), c]);
    const carried = plus(cell, kept, fresh);
    const given = parts.add('Mul', [opened(1, 1, carried), activate(2, carried, true)]);
    return { h: given, c: carried };
  },
};

/** What a gate sees of a state by its peephole; nothing without. */
function seen(
  { parts, hidden, peepholes }: Cell,
  index: number,
  state: string | undefined,
): string | undefined {
  if (!peepholes || !state) return undefined;
  return parts.add('Mul', [
    state,
    parts.constant([hidden], peepholes.slice(index * hidden, (index + 1) * hidden)),
  ]);
}

/** Gates z, r, h: h' = (1 − z) · candidate + z · h. */
const gru: Kind = {
  gates: 3,
  activations: ['Sigmoid', 'Tanh'],
  joined: (parts) => (parts.setting('linear_before_reset', 0) === 0 ? 3 : 2),
  step(cell, input, { h }) {
    const { parts, hidden, activate, recurrentBias } = cell;
    const linear = parts.setting('linear_before_reset', 0) !== 0;
    const both = plus(cell, gate(cell, input, 0, 2), h && recurrent(cell, h, 0, 2));
    const [z, r] = [0, 1].map((index) => activate(0, gate(cell, both, index)));
    const bias = parts.constant([hidden], recurrentBias.slice(2 * hidden));
    const reset = (): string | undefined => {
      if (linear) return parts.add('Mul', [r, h ? plus(cell, recurrent(cell, h, 2, 3), bias) : bias]);
      return h && recurrent(cell, parts.add('Mul', [r, h]), 2, 3);
    };
    const candidate = activate(1, plus(cell, gate(cell, input, 2), reset()));
    const apart = h ? parts.add('Sub', [h, candidate]) : parts.add('Neg', [candidate]);
    return { h: plus(cell, candidate, parts.add('Mul', [z, apart])) };
  },
};

/** The activations that a node names, or its kind's, for each direction; undefined where they are others. */
function activationsOf(parts: Parts, kind: Kind, directions: number): readonly Activation[] | undefined {
  const given = parts.attributes.activations as readonly string[] | undefined;
  const names = given ?? Array.from({ length: directions }, () => kind.activations).flat();
  const known = new Map(Object.keys(ACTIVATIONS).map((name) => [name.toLowerCase(), name]));
  const lists = {
    alpha: parts.numbers('activation_alpha') ?? [],
    beta: parts.numbers('activation_beta') ?? [],
  };
  const next = { alpha: 0, beta: 0 };
  const found = names.flatMap((given): readonly Activation[] => {
    const name = known.get(given.toLowerCase());
    if (name === undefined) return [];
    const numbers = Object.entries(ACTIVATIONS[name]).map(([which, otherwise]) => {
      const key = which as keyof typeof lists;
      // Each that has numbers takes the next ones.
      return [key, lists[key][next[key]++] ?? otherwise] as const;
    });
    return [{ name, numbers: Object.fromEntries(numbers) }];
  });
  return found.length === directions * kind.activations.length ? found : undefined;
}

function activated(parts: Parts, { name, numbers }: Activation, input: string): string {
  const { alpha, beta } = numbers;
  switch (name) {
    case 'Affine':
      return parts.add('Add', [parts.add('Mul', [input, parts.number(alpha)]), parts.number(beta)]);
    case 'ScaledTanh': {
      const inner = parts.add('Tanh', [parts.add('Mul', [input, parts.number(beta)])]);
      return parts.add('Mul', [inner, parts.number(alpha)]);
    }
    default:
      return parts.add(name, [input], numbers);
  }
}

/** The step-by-step form of a recurrent operator, with all its results. */
function recurrence(kind: Kind): Expand {
  return (parts) => {
    const [x, , , , lengths, h0, c0, peepholes] = parts.inputs;
    const [steps, batch, width] = parts.shapeOf(x);
    const [weights, matrices, biases] = [1, 2, 3].map((index) => parts.known(index));
    const direction = parts.text('direction', 'forward');
    const [directions, rows] = weights?.shape ?? [];
    const names = activationsOf(parts, kind, directions);
    const peeps = parts.known(7);
    const plain = parts.setting('layout', 0) === 0 && (!parts.has(peepholes) || peeps !== undefined);
    if (!weights || !matrices || (parts.has(parts.inputs[3]) && !biases) || !plain || !names) return false;
    if (steps * directions > MOST_STEPS) return false;
    const hidden = rows / kind.gates;
    const flat = parts.add('Reshape', [x, parts.integers([steps * batch, width])]);
    const states = [h0, c0].map((name, i) => (parts.has(name) && !isZero(parts, 5 + i) ? name : undefined));
    const results = Array.from({ length: directions }, (_, d) => {
      const slice = (tensor: typeof weights | undefined, size: number): readonly number[] =>
        tensor
          ? Array.from(tensor.data.slice(d * size, (d + 1) * size), Number)
          : new Array<number>(size).fill(0);
      const bias = slice(biases, 2 * rows);
      const joined = kind.joined(parts) * hidden;
      const inputBias = bias.slice(0, rows).map((value, i) => value + (i < joined ? bias[rows + i] : 0));
      const matrix = parts.constant([rows, width], slice(weights, rows * width));
      const all = parts.add('Gemm', [flat, matrix, parts.constant([rows], inputBias)], { transB: 1 });
      const own = names.slice(d * kind.activations.length, (d + 1) * kind.activations.length);
      const cell: Cell = {
        parts,
        hidden,
        recurrence: slice(matrices, rows * hidden),
        recurrentBias: bias.slice(rows),
        ...(peeps ? { peepholes: slice(peeps, 3 * hidden) } : {}),
        activate: (which, given, unclipped) => {
          const clip = unclipped ? undefined : (parts.attributes.clip as number | undefined);
          const bounds = clip === undefined ? [] : [parts.number(-clip), parts.number(clip)];
          const input = clip === undefined ? given : parts.add('Clip', [given, ...bounds]);
          return activated(parts, own[which], input);
        },
      };
      const start = (name: string | undefined, index: number): string | undefined => {
        const known = parts.known(index);
        if (known && name) return parts.constant([batch, hidden], slice(known, batch * hidden));
        return name && parts.add('Gather', [name, parts.constant([], [d], 'int64')], { axis: 0 });
      };
      return run(cell, kind.step, {
        input: all,
        order: order(direction === 'reverse' || d === 1, steps),
        batch,
        counts: countsOf(parts, lengths, batch),
        start: { h: start(states[0], 5), c: start(states[1], 6) },
      });
    });
    write(parts, results, [steps, batch, hidden]);
    return true;
  };
}

/** By step: for each sample, [batch, 1], whether its sequence is that long; nothing where all are. */
type Counts = (time: number) => string | undefined;

function countsOf(parts: Parts, lengths: string | undefined, batch: number): Counts {
  const known = parts.known(4)?.data;
  if (!parts.has(lengths)) return () => undefined;
  if (known) {
    const ends = Array.from(known, Number);
    return (time) =>
      ends.every((end) => end > time)
        ? undefined
        : parts.constant(
            [batch, 1],
            ends.map((end) => Number(end > time)),
            'bool',
          );
  }
  const columns = parts.add('Reshape', [lengths, parts.integers([batch, 1])]);
  return (time) => parts.add('Greater', [columns, parts.constant([], [time], parts.typeOf(lengths))]);
}

function isZero(parts: Parts, index: number): boolean {
  return parts.known(index)?.data.every((value) => Number(value) === 0) ?? false;
}

function order(backwards: boolean, steps: number): readonly number[] {
  const times = Array.from({ length: steps }, (_, t) => t);
  return backwards ? times.toReversed() : times;
}

interface Direction {
  /** By time. */
  readonly states: readonly State[];
  readonly last: State;
}

function run(
  cell: Cell,
  step: Step,
  {
    input,
    order,
    batch,
    counts,
    start,
  }: {
    readonly input: string;
    readonly order: readonly number[];
    readonly batch: number;
    readonly counts: Counts;
    readonly start: State;
  },
): Direction {
  const states = new Array<State>(order.length);
  let state = start;
  for (const time of order) {
    const rows = cell.parts.integers(Array.from({ length: batch }, (_, b) => time * batch + b));
    const fresh = step(cell, cell.parts.add('Gather', [input, rows], { axis: 0 }), state);
    const counting = counts(time);
    const nothing = cell.parts.constant([batch, cell.hidden], new Array<number>(batch * cell.hidden).fill(0));
    const either = (made: string | undefined, otherwise = nothing): string | undefined =>
      made && counting ? cell.parts.add('Where', [counting, made, otherwise]) : made;
    states[time] = { h: either(fresh.h) };
    state = { h: either(fresh.h, state.h), c: either(fresh.c, state.c) };
  }
  return { states, last: state };
}

/** Y, Y_h and Y_c, as far as the node has them. */
function write(
  parts: Parts,
  directions: readonly Direction[],
  [steps, batch, hidden]: readonly [number, number, number],
): void {
  const [all, lastH, lastC] = parts.outputs;
  const joined = (names: readonly string[], shape: readonly number[], output: string): void => {
    const whole = names.length === 1 ? names[0] : parts.add('Concat', names, { axis: 0 });
    parts.add('Reshape', [whole, parts.integers(shape)], {}, output);
  };
  const at = (name: string | undefined): string => name as string;
  if (parts.has(all)) {
    const byTime = Array.from({ length: steps }, (_, t) => directions.map(({ states }) => at(states[t].h)));
    joined(byTime.flat(), [steps, directions.length, batch, hidden], all);
  }
  for (const [which, output] of [
    ['h', lastH],
    ['c', lastC],
  ] as const) {
    if (!parts.has(output)) continue;
    const names = directions.map(({ last }) => at(last[which]));
    joined(names, [directions.length, batch, hidden], output);
  }
}

/** Recurrent operators, unrolled: gates are tables, and each step is a copy of the cell. */
export const recurrences: Readonly<Record<string, Expand>> = {
  GRU: recurrence(gru),
  LSTM: recurrence(lstm),
  RNN: recurrence(rnn),
};
