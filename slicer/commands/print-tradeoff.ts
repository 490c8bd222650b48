import { printTable, type Output } from '../../protocol/terminal/output.ts';
import type { MeasuredTradeoff, NamedBits, Tradeoff, TradeoffPoint } from '../quantise/tradeoff.ts';

/** The choices of bits that no other beats, as a table; measured ones with what held-out samples say. */
export function printTradeoff(output: Output, tradeoff: Tradeoff | MeasuredTradeoff): void {
  const { kind, points, maxLoss, tried } = tradeoff;
  printTable(
    output,
    [
      'constraints, uncut',
      'bits of weights',
      'bits of activations',
      kind === 'answers' ? 'answers changed, estimate' : 'mean error of range, estimate',
      kind === 'answers' ? 'top-1, held out' : 'mean error, held out',
      '',
    ],
    points.map((point) => [
      point.constraints,
      listed(point.weights),
      listed(point.activations),
      percent(point.loss),
      measured(point, kind),
      point.chosen ? 'chosen' : '',
    ]),
  );
  output.write(`${tried} choices of bits tried, up to ${percent(maxLoss)} allowed by the estimate\n`);
}

function measured(
  point: Omit<TradeoffPoint, 'choice'> | MeasuredTradeoff['points'][number],
  kind: Tradeoff['kind'],
): string {
  if (!('accuracy' in point)) return '';
  return kind === 'answers' ? percent(point.accuracy.top1Quantised) : point.accuracy.meanError.toPrecision(3);
}

function listed(bits: readonly NamedBits[]): string {
  return bits.map((each) => each.bits).join(' ');
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
