import { BoundedSum } from '../../../integer/interval.ts';
import { exact, ifExact, ints, minus, type Operand } from '../../../integer/exact.ts';
import { tapBounds } from '../../../integer/nodes/conv.ts';
import type { TensorInterval } from '../../../integer/intervals.ts';
import type { ConvNode, IntegerProgram, MaxPoolNode } from '../../../integer/program.ts';
import type { MaxPlan, Span } from '../../gadgets/max.ts';
import { maxExcess, maxRows, planMax } from '../../gadgets/max.ts';

/** One maximum of a window's tree: slots count the window's elements, then the earlier steps' results. */
export interface PoolStep {
  readonly left: number;
  readonly right: number;
  readonly plan: MaxPlan;
}

/** The elements of one pooling window that lie inside the input, as a grid of its axes' positions. */
export interface PoolWindow {
  /** Counted through all samples. */
  readonly channel: number;
  /** Its place in the output. */
  readonly output: number;
  /** Rows and columns in the input, ascending. */
  readonly rows: readonly number[];
  readonly columns: readonly number[];
}

/** Windows that are alike along one axis. */
interface AxisShape {
  readonly first: number;
  readonly places: readonly number[];
  count: number;
}

/** Above this many elements the exact differences (one for each pair) are not worth their time. */
const MOST_EXACT_ELEMENTS = 16;

/** Plans the maxima of one pooling node; windows of one shape in one channel share a plan. */
export class PoolPlanner {
  readonly #program: IntegerProgram;
  readonly #node: MaxPoolNode;
  readonly #interval: TensorInterval;
  readonly #conv: ConvNode | undefined;
  readonly #convInput: TensorInterval | undefined;
  readonly #steps = new Map<string, readonly PoolStep[]>();
  readonly #differences = new Map<string, Span>();
  #lists: ReadonlyMap<readonly PoolStep[], number> | undefined;

  constructor(program: IntegerProgram, node: MaxPoolNode, intervals: readonly TensorInterval[]) {
    const producer = program.nodes.find(({ output }) => output === node.input);
    this.#program = program;
    this.#node = node;
    this.#interval = intervals[node.input];
    this.#conv = producer?.kind === 'conv' ? producer : undefined;
    this.#convInput = this.#conv && intervals[this.#conv.input];
  }

  /**
   * Every window, the channel as the fastest index: maxima that share a row then compare sums over the same
   * inputs, and the row's terms are joined.
   */
  *windows(): Generator<PoolWindow> {
    const [batch, perSample, height, width] = this.#program.tensors[this.#node.input].shape;
    const channels = batch * perSample;
    const [, , outHeight, outWidth] = this.#program.tensors[this.#node.output].shape;
    for (let y = 0; y < outHeight; y++) {
      const rows = this.#axis(0, y, height);
      for (let x = 0; x < outWidth; x++) {
        const columns = this.#axis(1, x, width);
        for (let channel = 0; channel < channels; channel++) {
          yield { channel, output: (channel * outHeight + y) * outWidth + x, rows, columns };
        }
      }
    }
  }

  /** One window for each shape in each channel, and how many there are of it: where they are makes no difference to their steps. */
  *#shapes(): Generator<{ readonly window: PoolWindow; readonly count: number }> {
    const { tensors } = this.#program;
    const [batch, perSample, height, width] = tensors[this.#node.input].shape;
    const [, , outHeight, outWidth] = tensors[this.#node.output].shape;
    const across = this.#byLength(1, outWidth, width);
    for (const down of this.#byLength(0, outHeight, height)) {
      for (const { first: x, places: columns, count } of across) {
        for (let channel = 0; channel < batch * perSample; channel++) {
          const output = (channel * outHeight + down.first) * outWidth + x;
          yield { window: { channel, output, rows: down.places, columns }, count: down.count * count };
        }
      }
    }
  }

  /** Along one axis: the first window with so many elements inside the input, and how many there are. */
  #byLength(axis: 0 | 1, windows: number, size: number): readonly AxisShape[] {
    const known: AxisShape[] = [];
    for (let first = 0; first < windows; first++) {
      const places = this.#axis(axis, first, size);
      const same = known.find((other) => other.places.length === places.length);
      if (same) same.count++;
      else known.push({ first, places, count: 1 });
    }
    return known;
  }

  /** The input's indices of a window's elements, row by row. */
  elements({ channel, rows, columns }: PoolWindow): number[] {
    const [, , height, width] = this.#program.tensors[this.#node.input].shape;
    return rows.flatMap((row) => columns.map((column) => (channel * height + row) * width + column));
  }

  /** The windows' lists of steps, and how many windows have each. */
  get lists(): ReadonlyMap<readonly PoolStep[], number> {
    return (this.#lists ??= this.#listed());
  }

  #listed(): ReadonlyMap<readonly PoolStep[], number> {
    const lists = new Map<readonly PoolStep[], number>();
    for (const { window, count } of this.#shapes()) {
      const steps = this.steps(window);
      lists.set(steps, (lists.get(steps) ?? 0) + count);
    }
    return lists;
  }

  /** The cheaper of two trees: elements joined along rows first, or along columns first. */
  steps(window: PoolWindow): readonly PoolStep[] {
    const key = `${window.channel} ${window.rows.length} ${window.columns.length}`;
    const known = this.#steps.get(key);
    if (known) return known;
    const size = window.rows.length * window.columns.length;
    const byRows = Array.from({ length: size }, (_, i) => i);
    const byColumns = byRows.map(
      (i) => (i % window.rows.length) * window.columns.length + Math.floor(i / window.rows.length),
    );
    const [first, second] = [byRows, byColumns].map((order) => this.#tree(window, order));
    const cost = (steps: readonly PoolStep[]): number =>
      steps.reduce((sum, { plan }) => sum + maxRows(plan), 0);
    const steps = cost(second) < cost(first) ? second : first;
    this.#steps.set(key, steps);
    return steps;
  }

  #axis(axis: 0 | 1, position: number, size: number): number[] {
    const { kernel, strides, pads, dilations } = this.#node;
    const positions: number[] = [];
    for (let k = 0; k < kernel[axis]; k++) {
      const at = position * strides[axis] - pads[axis] + k * dilations[axis];
      if (at >= 0 && at < size) positions.push(at);
    }
    return positions;
  }

  #tree(window: PoolWindow, order: readonly number[]): PoolStep[] {
    const size = order.length;
    const steps: PoolStep[] = [];
    let level = order.map((element) => ({ slot: element, members: [element], base: element, excess: 0n }));
    while (level.length > 1) {
      const next: typeof level = [];
      for (let i = 0; i < level.length; i += 2) {
        const left = level[i];
        const right = level[i + 1];
        if (!right) {
          next.push(left);
          continue;
        }
        const plan = planMax(
          this.#hull(window, left.members, right.members),
          this.#difference(window, left.base, right.base),
          left,
          right,
        );
        steps.push({ left: left.slot, right: right.slot, plan });
        next.push({
          slot: size + steps.length - 1,
          members: [...left.members, ...right.members],
          base: plan.kind === 'left' ? left.base : right.base,
          excess: maxExcess(plan, left, right),
        });
      }
      level = next;
    }
    return steps;
  }

  #hull(window: PoolWindow, left: readonly number[], right: readonly number[]): Span {
    const size = window.rows.length * window.columns.length;
    if (!this.#conv || size > MOST_EXACT_ELEMENTS) return this.#widest(window.channel);
    const spans = left.flatMap((l) => right.map((r) => this.#difference(window, l, r)));
    return spans.reduce((hull, span) => ({
      low: span.low < hull.low ? span.low : hull.low,
      high: span.high > hull.high ? span.high : hull.high,
    }));
  }

  /** The interval of element `left` minus element `right` of a window. */
  #difference(window: PoolWindow, left: number, right: number): Span {
    const columns = window.columns.length;
    const at = (element: number): readonly [number, number] => [
      window.rows[Math.floor(element / columns)],
      window.columns[element % columns],
    ];
    const [leftRow, leftColumn] = at(left);
    const [rightRow, rightColumn] = at(right);
    const widest = this.#widest(window.channel);
    if (!this.#conv || !this.#convInput || window.rows.length * columns > MOST_EXACT_ELEMENTS) return widest;
    const key = `${window.channel} ${leftRow - rightRow} ${leftColumn - rightColumn}`;
    let span = this.#differences.get(key);
    if (!span) {
      const offset = [leftRow - rightRow, leftColumn - rightColumn] as const;
      const [conv, input] = [this.#conv, this.#convInput];
      const nearer = ifExact(() => convDifference(this.#program, conv, input, window.channel, offset));
      span = nearer ? narrower(nearer, widest) : widest;
      this.#differences.set(key, span);
    }
    return span;
  }

  #widest(channel: number): Span {
    const low = BigInt(this.#interval.low[channel]);
    const high = BigInt(this.#interval.high[channel]);
    return { low: low - high, high: high - low };
  }
}

/**
 * The interval of acc[y + dy, x + dx] − acc[y, x] of one filter and sample: both read mostly the same inputs, so it is
 * far narrower than the accumulators' hull. A tap on padding reads a zero, which {@link tapBounds} includes.
 */
function convDifference(
  program: IntegerProgram,
  node: ConvNode,
  input: TensorInterval,
  entry: number,
  offset: readonly [number, number],
): Span {
  const inChannels = program.tensors[node.input].shape[1];
  const channels = inChannels / node.groups;
  const filter = entry % node.bias.length;
  const sample = Math.floor(entry / node.bias.length) * inChannels;
  const firstChannel = sample + Math.floor(filter / (node.bias.length / node.groups)) * channels;
  const taps = node.kernel[0] * node.kernel[1];
  const pairs = sharedTaps(node, offset);
  const weights = ints(node.weights);
  const weight = (start: number, tap: number | undefined): Operand =>
    tap === undefined ? 0 : weights[start + tap];
  const sum = new BoundedSum(exact(0));
  for (let c = 0; c < channels; c++) {
    const start = (filter * channels + c) * taps;
    const [least, most] = tapBounds(node, input, firstChannel + c);
    for (const [added, taken] of pairs)
      sum.add(minus(weight(start, added), weight(start, taken)), least, most);
  }
  const [low, high] = sum.bounds;
  return { low: BigInt(low), high: BigInt(high) };
}

/** For every input position under either kernel: its tap in the moved kernel, its tap in the other. */
function sharedTaps(
  { kernel, strides, dilations }: ConvNode,
  [dy, dx]: readonly [number, number],
): readonly (readonly [number | undefined, number | undefined])[] {
  const pairs = new Map<string, [number | undefined, number | undefined]>();
  for (const [side, top, left] of [
    [0, dy * strides[0], dx * strides[1]],
    [1, 0, 0],
  ]) {
    for (let tap = 0; tap < kernel[0] * kernel[1]; tap++) {
      const y = top + Math.floor(tap / kernel[1]) * dilations[0];
      const x = left + (tap % kernel[1]) * dilations[1];
      const pair = pairs.get(`${y} ${x}`) ?? [undefined, undefined];
      pair[side] = tap;
      pairs.set(`${y} ${x}`, pair);
    }
  }
  return [...pairs.values()];
}

function narrower(left: Span, right: Span): Span {
  return {
    low: left.low > right.low ? left.low : right.low,
    high: left.high < right.high ? left.high : right.high,
  };
}
