import { groupBy } from '../../protocol/group-by.ts';
import type { SliceDescription } from '../plan/describe.ts';
import type { SlicePlan } from '../plan/plan.ts';
import { picture, svg, svgText } from './svg.ts';

const BOX = { width: 220, height: 62, across: 30, down: 46 } as const;
const MARGIN = 20;
const MOST_LETTERS = 30;

interface Place {
  readonly x: number;
  readonly y: number;
}

/**
 * The slices as a picture (SVG): what reads from what, top to bottom, each slice as far down as the longest
 * way to it. The bar in a box is the share of its domain that it fills.
 */
export function planPicture(title: string, plan: SlicePlan, slices: readonly SliceDescription[]): string {
  const writer = new Map(slices.flatMap(({ id, outputs }) => outputs.map((tensor) => [tensor, id] as const)));
  const depth: number[] = [];
  for (const { id, inputs } of slices) {
    depth[id] = 1 + Math.max(0, ...inputs.map((tensor) => depth[writer.get(tensor) ?? -1] ?? 0));
  }
  const rows = groupBy([...slices.keys()], (id) => depth[id]);
  const widest = Math.max(1, ...[...rows.values()].map((row) => row.length));
  const width = 2 * MARGIN + widest * (BOX.width + BOX.across) - BOX.across;
  const height = 2 * MARGIN + (rows.size + 1) * (BOX.height + BOX.down) - BOX.down;
  const place = (row: number, column: number, columns: number): Place => ({
    x: (width - columns * (BOX.width + BOX.across) + BOX.across) / 2 + column * (BOX.width + BOX.across),
    y: MARGIN + row * (BOX.height + BOX.down),
  });
  const places = new Map(
    [...rows].flatMap(([row, ids]) => ids.map((id, column) => [id, place(row, column, ids.length)] as const)),
  );
  const source = place(0, 0, 1);
  const arrows = slices.flatMap(({ id, inputs }) => {
    const from = new Set(inputs.map((tensor) => writer.get(tensor) ?? -1));
    return [...from].map((other) => arrow(places.get(other) ?? source, places.get(id) as Place));
  });
  const inputs = plan.tensors
    .slice(0, plan.inputCount)
    .map(({ name, shape }) => `${name} ${shape.join('×')}`);
  return picture(
    width,
    height,
    title,
    ...arrows,
    box(source, [shortened(inputs[0]), inputs.length > 1 ? `and ${inputs.length - 1} more inputs` : 'input']),
    ...slices.map((slice) => sliceBox(places.get(slice.id) as Place, slice)),
  );
}

function sliceBox(
  at: Place,
  { id, name, constraints, domain, fill, mode, operators }: SliceDescription,
): string {
  return [
    box(at, [
      shortened(`${id}  ${name}`),
      shortened(operators.join(' ')),
      `${constraints.toLocaleString('en-US')} of 2^${Math.log2(domain)}, ${mode}`,
    ]),
    svg('rect', {
      x: at.x,
      y: at.y + BOX.height - 4,
      width: BOX.width * Math.min(1, fill),
      height: 4,
      fill: '#3b7dd8',
    }),
  ].join('');
}

function box({ x, y }: Place, lines: readonly string[]): string {
  return [
    svg('rect', { x, y, width: BOX.width, height: BOX.height, fill: '#f4f6f8', stroke: '#8a94a0' }),
    ...lines.map((line, i) => svgText(x + 8, y + 18 + 16 * i, line)),
  ].join('');
}

function arrow(from: Place, to: Place): string {
  const [x1, y1] = [from.x + BOX.width / 2, from.y + BOX.height];
  const [x2, y2] = [to.x + BOX.width / 2, to.y];
  const bend = (y2 - y1) / 2;
  return svg('path', {
    d: `M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`,
    fill: 'none',
    stroke: '#8a94a0',
  });
}

function shortened(text: string): string {
  return text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS - 1)}…` : text;
}
