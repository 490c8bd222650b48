import { evaluateNodeAll } from '../integer/evaluate.ts';
import { larger, smaller } from '../integer/exact.ts';
import { uniformInterval } from '../integer/interval.ts';
import { intervalOf, type TensorInterval } from '../integer/intervals.ts';
import { boundsOf, nodeInputs, sizeOf } from '../integer/program.ts';
import type {
  ConvNode,
  GemmNode,
  IntegerProgram,
  IntegerRange,
  ProgramNode,
  ProgramTensor,
  TensorValues,
} from '../integer/program.ts';
import type { ElementType } from '../onnx/index.ts';
import type { BitChoice } from './bits.ts';
import { floatInputs, type FloatModel } from './float-model.ts';
import type { Observation, TensorStatistics } from './observation.ts';
import { MOST_BITS, rangeOver, wholeRange } from './integers.ts';
import { scaleGroups } from './scale-groups.ts';
import { FINER_SCALES, fitScale, toIntegers } from './scales.ts';

/** Bits of a model output that no activation bounds: enough that rounding there is not felt. */
const OUTPUT_BITS = 16;

/** Nodes whose results are values that they read. */
const MOVING: ReadonlySet<ProgramNode['kind']> = new Set(['concat', 'gather', 'max-pool', 'reshape']);

/** In place of values that are needed no longer. */
const NOTHING: TensorValues = new Float64Array(0);

/** A quantised model, with what it gives for the calibration samples. */
export interface Quantised {
  readonly program: IntegerProgram;
  /** The float tensors whose entry in {@link BitChoice.activations} the program depends on. */
  readonly narrowed: readonly number[];
  /** By sample: the model's outputs as reals, q · 2^−scale. */
  readonly outputs: readonly (readonly Float64Array[])[];
  /** By sample: what a Softmax at the model's end reads; absent where there is none. */
  readonly scores?: readonly Float64Array[];
}

/** A float tensor's place in the program. */
export interface Placed {
  readonly id: number;
  readonly scale: number;
}

export class Quantiser {
  readonly #model: FloatModel;
  readonly #observation: Observation;
  readonly #bits: BitChoice;
  readonly #tensors: ProgramTensor[] = [];
  readonly #nodes: ProgramNode[] = [];
  /** By tensor of the program. */
  readonly #writers = new Map<number, ProgramNode>();
  /** By tensor of the program, as far as someone asked. */
  readonly #intervals: TensorInterval[] = [];
  /** By float tensor: others that are to have its scale. */
  readonly #together: ReadonlyMap<number, readonly number[]>;
  readonly #fits = new Map<number, number>();
  readonly #inputs: readonly number[];
  /** By float tensor: where its value is, as computed. */
  readonly #placed = new Map<number, Placed>();
  /** By float tensor: where it is brought back into few bits. */
  readonly #narrow = new Map<number, Placed>();
  readonly #narrowed = new Set<number>();
  /** By float tensor: the one whose values it has under another shape. */
  readonly #sameAs = new Map<number, number>();
  /** By float tensor: how many of its readers (the model's outputs included) are still to come. */
  readonly #readers = new Map<number, number>();
  /** Inner tensors of the node that is being quantised. */
  readonly #passing: number[] = [];
  /** By sample: the results of the foreign node that is being quantised. */
  #received: readonly Float64Array[] = [];
  /** By sample, then program tensor. */
  readonly #values: readonly TensorValues[][];

  constructor(model: FloatModel, observation: Observation, bits: BitChoice) {
    this.#model = model;
    this.#observation = observation;
    this.#bits = bits;
    this.#values = observation.samples.map(() => []);
    for (const node of model.nodes) if (node.kind === 'reshape') this.#sameAs.set(node.output, node.input);
    for (const id of [...model.nodes.flatMap(floatInputs), ...model.outputs]) {
      for (const same of this.#shapesOf(id)) this.#readers.set(same, (this.#readers.get(same) ?? 0) + 1);
    }
    this.#together = scaleGroups(model);
    this.#inputs = model.inputs.map((id, i) => this.#input(id, i));
  }

  finish(): Quantised {
    const outputs = this.#model.outputs.map((id) => this.#output(id));
    const program = { tensors: this.#tensors, inputs: this.#inputs, outputs, nodes: this.#nodes };
    return {
      program,
      narrowed: [...this.#narrowed],
      outputs: this.#values.map((values) =>
        outputs.map((id) => values[id].map((value) => value * 2 ** -this.#tensors[id].scale)),
      ),
    };
  }

  #input(float: number, position: number): number {
    // Levels of the model's own are taken from it, which a coarser step before them would blur.
    const counted = this.#model.nodes.some((node) => node.kind === 'levels' && node.input === float);
    const range = counted ? { ...this.range(float), bits: OUTPUT_BITS } : this.range(float);
    const scale = this.fit(float, range);
    const { name, shape } = this.#model.tensors[float];
    const id = this.#tensors.push({ name, shape, scale, range }) - 1;
    this.#placed.set(float, { id, scale });
    this.#values.forEach((values, sample) => {
      values[id] = toIntegers(this.#observation.samples[sample][position], boundsOf(range), scale);
    });
    return id;
  }

  /**
   * Adds a linear operator, its bias corrected by the mean error of each channel (bias correction: Nagel et
   * al., arXiv:1906.04721, section 4.2).
   * @param float the tensor of the float model that it writes
   */
  emitCorrected(node: ConvNode | GemmNode, float: number): void {
    const means = this.#apply(node);
    const { scale, shape } = this.#tensors[node.output];
    const channels = this.#observation.channelMeans[float];
    const corrections = node.bias.map((_, c) => Math.round(channels[c] * 2 ** scale - means[c]) + 0);
    const run = sizeOf(shape.slice(2));
    for (const values of this.#values) {
      const accumulators = values[node.output];
      for (let start = 0, channel = 0; start < accumulators.length; start += run) {
        for (let i = start; i < start + run; i++) accumulators[i] += corrections[channel];
        channel = (channel + 1) % corrections.length;
      }
    }
    this.#push({ ...node, bias: node.bias.map((value, c) => value + corrections[c]) });
  }

  /** A model output: as it is when it has a range, else an accumulator in up to 16 bits. */
  #output(float: number): number {
    const { id, scale } = this.#placed.get(float) as Placed;
    if (this.#writers.has(id) && this.#tensors[id].range) return id;
    if (this.#writers.has(id) && this.isWhole(float)) return this.#committed(float);
    const { low, high } = this.hull(id);
    const signed = low < 0;
    const width = signed ? this.bitsAt(id) : Math.max(1, Math.ceil(Math.log2(high + 1)));
    // What the bound reaches past what calibration saw saturates, or the bits would be spent on it.
    const seen = scale - this.fit(float, { signed, bits: OUTPUT_BITS });
    const shift = Math.max(0, Math.min(width - OUTPUT_BITS, seen));
    // Rounding up may carry into one more bit: that value saturates, too.
    const range = { signed, bits: Math.min(OUTPUT_BITS, width - shift) };
    return this.#emitRescale(
      `${this.#tensors[id].name}/output`,
      id,
      float,
      { range, scale: scale - shift, shift },
      false,
    );
  }

  /** A model output of integers, written by a node and in its range. */
  #committed(float: number): number {
    const { id, scale } = this.ranged(float);
    if (this.#tensors[id].range) return id;
    const { name } = this.#tensors[id];
    const to = { range: this.#wholeRangeAt(float, id), scale, shift: 0 };
    return this.#emitRescale(`${name}/output`, id, float, to, false);
  }

  rescale(name: string, from: Placed, float: number, range: IntegerRange, relu: boolean): void {
    const scale = Math.min(this.fit(float, range), from.scale);
    const id = this.#emitRescale(name, from.id, float, { range, scale, shift: from.scale - scale }, relu);
    this.#placed.set(float, { id, scale });
  }

  #emitRescale(
    name: string,
    input: number,
    float: number,
    { range, scale, shift }: { readonly range: IntegerRange; readonly scale: number; readonly shift: number },
    relu: boolean,
  ): number {
    const { shape } = this.#model.tensors[float];
    const output = this.#tensors.push({ name, shape, scale, range }) - 1;
    this.emit({ kind: 'rescale', name, input, output, shift, relu });
    return output;
  }

  /** Where a float tensor is; a linear operator and a slice's edge need {@link ranged}. */
  place(float: number): Placed {
    return this.#placed.get(float) as Placed;
  }

  /** In few bits where someone needed it so before, else as it was computed. */
  shared(float: number): Placed {
    return this.#narrow.get(float) ?? this.place(float);
  }

  /** All shapes of a tensor share the rescale that brings it into few bits. */
  #reshapedNarrow(float: number, { id, scale }: Placed): Placed {
    const { name, shape } = this.#model.tensors[float];
    const narrow = this.derive(`${name}/narrow`, shape, { scale }, (output) => ({
      kind: 'reshape',
      name: `${name}/narrow`,
      input: id,
      output,
    }));
    this.#narrow.set(float, narrow);
    return narrow;
  }

  /** The tensor in few bits: as it is when a rescale wrote it, through a rescale of its own otherwise. */
  ranged(float: number): Placed {
    const placed = this.shared(float);
    if (this.#isNarrow(placed.id)) return placed;
    const source = this.#sameAs.get(float);
    // Integers under another shape than the reals that count as such must not lose bits as these do.
    const same = source !== undefined && (this.isWhole(source) || !this.isWhole(float));
    if (same) return this.#reshapedNarrow(float, this.ranged(source));
    const range = this.isWhole(float) ? this.#wholeRangeAt(float, placed.id) : this.range(float);
    const scale = Math.min(this.fit(float, range), placed.scale);
    const name = `${this.#tensors[placed.id].name}/rescale`;
    const id = this.#emitRescale(
      name,
      placed.id,
      float,
      { range, scale, shift: placed.scale - scale },
      false,
    );
    const narrow = { id, scale };
    this.#narrow.set(float, narrow);
    return narrow;
  }

  /** Integers that were computed have a range for all that they can be, where that isn't too wide. */
  #wholeRangeAt(float: number, id: number): IntegerRange {
    const { low, high } = this.hull(id);
    const all = rangeOver(low, high);
    return all.bits <= MOST_BITS ? all : this.range(float);
  }

  /** Ranged, or only moved about since it was. */
  #isNarrow(id: number): boolean {
    return this.#rangeOf(id) !== undefined;
  }

  /**
   * Several tensors in few bits at one scale. Those that go together in a `concat` are fitted to one scale where
   * they are made, so that this is seldom a rescale more.
   */
  aligned(floats: readonly number[]): readonly Placed[] {
    const placed = floats.map((float) => this.ranged(float));
    const scale = Math.min(...placed.map((at) => at.scale));
    return placed.map((at, i) => {
      if (at.scale === scale) return at;
      const range = this.range(floats[i]);
      const name = `${this.#tensors[at.id].name}/aligned`;
      const shift = at.scale - scale;
      return { id: this.#emitRescale(name, at.id, floats[i], { range, scale, shift }, false), scale };
    });
  }

  /** A real as an integer that the values of a tensor of the program may stand beside. */
  integerAt(id: number, real: number): number {
    const { scale } = this.#tensors[id];
    const range = this.#rangeOf(id);
    const { low, high } = range ? boundsOf(range) : { low: -Infinity, high: Infinity };
    return Math.min(high, Math.max(low, Math.round(real * 2 ** scale))) + 0;
  }

  /** The range of a tensor that {@link ranged} gave. */
  rangeAt(id: number): IntegerRange {
    return this.#rangeOf(id) as IntegerRange;
  }

  #rangeOf(id: number): IntegerRange | undefined {
    const { range } = this.#tensors[id];
    if (range) return range;
    const writer = this.#writers.get(id);
    if (writer === undefined || !MOVING.has(writer.kind)) return undefined;
    const ranges = nodeInputs(writer).map((input) => this.#rangeOf(input));
    return ranges.every((range) => range !== undefined) ? rangeOfAll(ranges) : undefined;
  }

  /** The least integer that a tensor holds on the calibration samples. */
  least(id: number): number {
    return this.#values.reduce(
      (all, values) => values[id].reduce((least, value) => Math.min(least, value), all),
      Infinity,
    );
  }

  range(float: number): IntegerRange {
    if (this.isWhole(float)) return wholeRange(this.#model.tensors[float], this.#observation.tensors[float]);
    return { signed: this.#observation.tensors[float].low < 0, bits: this.activationBits(float) };
  }

  activationBits(float: number): number {
    this.#narrowed.add(float);
    return this.#bits.activations[float];
  }

  /** The type of a tensor of integers; undefined for reals. */
  wholeOf(float: number): ElementType | undefined {
    return this.#model.tensors[float].whole;
  }

  /** Whether a tensor's values are integers that stay what they are. */
  isWhole(float: number): boolean {
    return this.#model.tensors[float].whole !== undefined;
  }

  /**
   * The scale at which reals can stand beside values at a coarser one: integers that a model goes on with as reals have no bits to
   * spare for 0.5. The values' own where it tells the reals exactly, or as finely as what comes of both needs it.
   * @param float what the values and the reals become together
   */
  scaleBeside(float: number, scale: number, reals: Iterable<number>): number {
    const isExact = (real: number): boolean => !Number.isFinite(real) || Number.isInteger(real * 2 ** scale);
    const { low, high } = this.#observation.tensors[float];
    const bits = this.#bits.activations[float];
    if (Math.max(high, -low) * 2 ** scale >= 2 ** (bits + FINER_SCALES) || [...reals].every(isExact))
      return scale;
    const wanted = this.fit(float, { signed: low < 0, bits });
    if (wanted <= scale) return scale;
    this.#narrowed.add(float);
    return wanted;
  }

  fit(float: number, range: IntegerRange): number {
    if (this.isWhole(float)) return 0;
    const own = fitScale(this.#observation.tensors[float].values, boundsOf(range));
    const others = this.#together.get(float) ?? [];
    // Zeros stand for themselves at any scale: they are to coarsen nobody's.
    const wishes = [
      ...(this.#isZero(float) ? [] : [own]),
      ...others.flatMap((other) => (this.#isZero(other) ? [] : [this.#ownFit(other)])),
    ];
    return wishes.length === 0 ? own : Math.min(...wishes);
  }

  #isZero(float: number): boolean {
    return this.#observation.tensors[float].values.every((value) => value === 0);
  }

  #ownFit(float: number): number {
    const known = this.#fits.get(float);
    if (known !== undefined) return known;
    const signed = this.#observation.tensors[float].low < 0;
    const range = { signed, bits: this.#bits.activations[float] };
    const fit = fitScale(this.#observation.tensors[float].values, boundsOf(range));
    this.#fits.set(float, fit);
    return fit;
  }

  tensor(float: number, scale: number): number {
    const { name, shape } = this.#model.tensors[float];
    const id = this.#tensors.push({ name, shape, scale }) - 1;
    this.#placed.set(float, { id, scale });
    return id;
  }

  /** A tensor of the program alone, between two nodes that one of the float model becomes. */
  #inner(name: string, shape: readonly number[], scale: number, range?: IntegerRange): Placed {
    const id = this.#tensors.push({ name, shape, scale, ...(range ? { range } : {}) }) - 1;
    return { id, scale };
  }

  /** Adds a node that writes an inner tensor; where that is. */
  derive(
    name: string,
    shape: readonly number[],
    { scale, range }: { readonly scale: number; readonly range?: IntegerRange },
    node: (output: number) => ProgramNode,
  ): Placed {
    const placed = this.#inner(name, shape, scale, range);
    this.#passing.push(placed.id);
    this.emit(node(placed.id));
    return placed;
  }

  /** Says where a float tensor is. */
  put(float: number, placed: Placed): void {
    this.#placed.set(float, placed);
  }

  shapeOf(id: number): readonly number[] {
    return this.#tensors[id].shape;
  }

  /** A float tensor's shape. */
  floatShape(float: number): readonly number[] {
    return this.#model.tensors[float].shape;
  }

  /** A tensor's name in the float model, for what is made of it. */
  nameOf(float: number): string {
    return this.#model.tensors[float].name;
  }

  /** What calibration saw. */
  seen(float: number): TensorStatistics {
    return this.#observation.tensors[float];
  }

  emit(node: ProgramNode): void {
    this.#push(node);
    this.#compute(node);
  }

  /** What a node writes, for every sample. */
  #compute(node: ProgramNode): void {
    const written = evaluateNodeAll({ tensors: this.#tensors }, node, this.#values);
    this.#values.forEach((values, sample) => (values[node.output] = written[sample]));
  }

  /** Whether the model's user gets a tensor, and nothing else reads it. */
  isResult(float: number): boolean {
    return this.#model.outputs.includes(float) && this.#readers.get(float) === 1;
  }

  /** By sample: what these tensors stand for in few bits, as the operator that reads them gets them. */
  reals(floats: readonly number[]): readonly (readonly Float64Array[])[] {
    const read = floats.map((float) => this.ranged(float));
    return this.#values.map((values) =>
      read.map(({ id, scale }) => values[id].map((value) => value * 2 ** -scale)),
    );
  }

  /** Takes what ONNX Runtime gave for the foreign node that comes next, by sample. */
  receive(results: readonly Float64Array[]): void {
    this.#received = results;
  }

  /** Adds a foreign node, whose values are those that were {@link receive}d; what is no number is 0, as when it is run. */
  emitSeen(
    float: number,
    { scale, range }: { readonly scale: number; readonly range: IntegerRange },
    node: (output: number) => ProgramNode,
  ): void {
    const { id } = this.#inner(
      this.#model.tensors[float].name,
      this.#model.tensors[float].shape,
      scale,
      range,
    );
    this.#push(node(id));
    this.#values.forEach((values, sample) => {
      const given = this.#received[sample].map((value) => (Number.isNaN(value) ? 0 : value));
      values[id] = toIntegers(given, boundsOf(range), scale);
    });
    this.#placed.set(float, { id, scale });
  }

  #push(node: ProgramNode): void {
    this.#nodes.push(node);
    this.#writers.set(node.output, node);
  }

  /** Computes a node for every sample. Returns the mean of each channel of what it writes. */
  #apply(node: ProgramNode): Float64Array {
    const { shape } = this.#tensors[node.output];
    const run = sizeOf(shape.slice(2));
    const sums = new Float64Array(shape[1]);
    this.#compute(node);
    for (const values of this.#values) {
      const written = values[node.output];
      for (let start = 0, channel = 0; start < written.length; start += run) {
        for (let i = start; i < start + run; i++) sums[channel] += written[i];
        channel = (channel + 1) % sums.length;
      }
    }
    const perChannel = sizeOf(shape) / sums.length;
    return sums.map((sum) => sum / (perChannel * this.#values.length));
  }

  /** Lets go of the samples' values once nothing reads them any more, under whatever shape. */
  release(float: number): void {
    for (const same of this.#shapesOf(float)) {
      const left = (this.#readers.get(same) ?? 1) - 1;
      this.#readers.set(same, left);
      if (left > 0) continue;
      for (const placed of [this.#placed.get(same), this.#narrow.get(same)]) {
        if (placed) for (const values of this.#values) values[placed.id] = NOTHING;
      }
    }
  }

  /** Lets go of the values of inner tensors that no float tensor is at. */
  releasePassing(): void {
    const held = new Set([...this.#placed.values(), ...this.#narrow.values()].map(({ id }) => id));
    for (const id of this.#passing) {
      if (!held.has(id)) for (const values of this.#values) values[id] = NOTHING;
    }
    this.#passing.length = 0;
  }

  /** A float tensor, the one that it is another shape of, and so on. */
  #shapesOf(float: number): readonly number[] {
    const source = this.#sameAs.get(float);
    return source === undefined ? [float] : [float, ...this.#shapesOf(source)];
  }

  /** Bits of a signed integer that holds whatever the tensor can reach. */
  bitsAt(id: number): number {
    const { low, high } = this.hull(id);
    return 1 + Math.max(1, Math.ceil(Math.log2(Math.max(high + 1, -low))));
  }

  /** What a tensor can reach when every ranged tensor takes its full range, as in a slice of its own. */
  hull(id: number): { readonly low: number; readonly high: number } {
    const { low, high } = this.#intervalAt(id);
    return { low: low.reduce(smaller, low[0]), high: high.reduce(larger, high[0]) };
  }

  /** Worked out once: a node that is added stays what it is. */
  #intervalAt(id: number): TensorInterval {
    const known = this.#intervals[id] as TensorInterval | undefined;
    if (known) return known;
    const { range, shape } = this.#tensors[id];
    if (range) {
      const { low, high } = boundsOf(range);
      return (this.#intervals[id] = uniformInterval(shape, low, high));
    }
    const writer = this.#writers.get(id) as ProgramNode;
    for (const input of nodeInputs(writer)) this.#intervalAt(input);
    return (this.#intervals[id] = intervalOf(writer, this.#tensors, this.#intervals));
  }
}

/** The least range that holds the values of all these. */
function rangeOfAll(ranges: readonly IntegerRange[]): IntegerRange {
  const signed = ranges.some((range) => range.signed);
  const bits = ranges.map((range) => range.bits + (signed && !range.signed ? 1 : 0));
  return { signed, bits: Math.max(...bits) };
}
