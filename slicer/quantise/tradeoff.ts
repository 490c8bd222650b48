import type { AccuracyReport } from '../../protocol/manifest.ts';
import type { BitChoice } from './bits.ts';
import type { FloatModel } from './float-model.ts';
import type { Loss } from './loss.ts';
import type { Assessed, SearchResult } from './search.ts';

/** Bits of one weight matrix or activation, by the name it has in the model. */
export interface NamedBits {
  readonly name: string;
  readonly bits: number;
}

/** A choice of bits that no other choice beats in both constraints and loss. */
export interface TradeoffPoint {
  readonly choice: BitChoice;
  readonly weights: readonly NamedBits[];
  readonly activations: readonly NamedBits[];
  /** Of the whole model as one circuit. */
  readonly constraints: number;
  /** The share of answers that change, or the mean error as a share of the output's range: estimated. */
  readonly loss: number;
  /** Whether it is the one that the program was made with. */
  readonly chosen: boolean;
}

/** What fewer bits cost in accuracy and save in constraints. */
export interface Tradeoff {
  readonly kind: Loss['kind'];
  /** The largest estimated loss that was allowed. */
  readonly maxLoss: number;
  /** How many choices of bits were tried. */
  readonly tried: number;
  /** By constraints, most first. */
  readonly points: readonly TradeoffPoint[];
}

/** A choice of bits with what held-out samples say of it. */
export interface MeasuredPoint extends Omit<TradeoffPoint, 'choice'> {
  readonly accuracy: AccuracyReport;
}

export interface MeasuredTradeoff extends Omit<Tradeoff, 'points'> {
  readonly points: readonly MeasuredPoint[];
}

/** Points past the budget are shown as far as this many times the loss that it allows. */
const FARTHEST = 6;

/** The choices of a search that none beats. */
export function tradeoffOf(
  model: FloatModel,
  { best, visited }: SearchResult,
  { kind }: Loss,
  maxLoss: number,
): Tradeoff {
  const near = visited.filter(({ loss }) => loss <= FARTHEST * maxLoss);
  const front = frontOf(near);
  const shown = front.some(({ bits }) => bits === best.bits) ? front : [...front, best];
  return {
    kind,
    maxLoss,
    tried: visited.length,
    points: shown
      .toSorted((a, b) => b.cost - a.cost)
      .map((point) => ({
        choice: point.bits,
        ...namedBits(model, point.bits, best.quantised.narrowed),
        constraints: point.cost,
        loss: point.loss,
        chosen: point.bits === best.bits,
      })),
  };
}

function frontOf(points: readonly Assessed[]): readonly Assessed[] {
  const front: Assessed[] = [];
  for (const point of points.toSorted((a, b) => a.loss - b.loss || a.cost - b.cost)) {
    const last = front.at(-1);
    if (!last || point.cost < last.cost) front.push(point);
  }
  return front;
}

function namedBits(
  model: FloatModel,
  { weights, activations }: BitChoice,
  narrowed: readonly number[],
): Pick<TradeoffPoint, 'weights' | 'activations'> {
  return {
    weights: model.nodes.flatMap((node, index) =>
      'weights' in node ? [{ name: node.name, bits: weights[index] }] : [],
    ),
    activations: narrowed.map((id) => ({ name: model.tensors[id].name, bits: activations[id] })),
  };
}
