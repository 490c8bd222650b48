import { words } from '../data/format.ts';

export interface GraphSlice {
  readonly index: number;
  readonly name: string;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Class and words of how it stands; of a model, whether it can be proved. */
  readonly state: string;
  /** What is special: drawn by lot, challenged. */
  readonly extra?: 'audited' | 'challenged' | undefined;
}

const BOX = { width: 132, height: 46, gapX: 44, gapY: 22 } as const;
const EDGE = 16;
const SIGNS: Readonly<Record<string, string>> = {
  SETTLED: '✓',
  HELD: '◐',
  LAPSED: '✕',
  OPEN: '○',
  EXECUTED: '–',
  PROVABLE: '○',
};

/** Slices as boxes, left to right, the tensors between them as edges. */
export function SliceGraph({ slices, inputCount }: { slices: readonly GraphSlice[]; inputCount: number }) {
  const depths = depthsOf(slices, inputCount);
  const rows = new Map<number, number>();
  const placed = slices.map((slice, i) => {
    const column = depths[i];
    const row = rows.get(column) ?? 0;
    rows.set(column, row + 1);
    return { ...slice, column, row };
  });
  const tallest = Math.max(1, ...rows.values());
  const columns = Math.max(0, ...depths) + 1;
  const width = 2 * EDGE + columns * BOX.width + (columns - 1) * BOX.gapX;
  const height = 2 * EDGE + tallest * BOX.height + (tallest - 1) * BOX.gapY;
  const left = (column: number): number => EDGE + column * (BOX.width + BOX.gapX);
  const top = ({ column, row }: { column: number; row: number }): number => {
    const free = (tallest - (rows.get(column) ?? 1)) * (BOX.height + BOX.gapY);
    return EDGE + free / 2 + row * (BOX.height + BOX.gapY);
  };
  const makers = new Map(placed.flatMap((slice) => slice.outputs.map((tensor) => [tensor, slice] as const)));
  const edges = placed.flatMap((slice) =>
    slice.inputs.flatMap((tensor) => {
      const maker = makers.get(tensor);
      if (maker === undefined) return [];
      const from = { x: left(maker.column) + BOX.width, y: top(maker) + BOX.height / 2 };
      const to = { x: left(slice.column), y: top(slice) + BOX.height / 2 };
      const bend = (to.x - from.x) / 2;
      // Over what lies between, not through it.
      const lift = slice.column - maker.column > 1 ? Math.min(from.y, to.y) - BOX.height / 2 - 12 : undefined;
      const path =
        lift === undefined
          ? `M${from.x} ${from.y}C${from.x + bend} ${from.y} ${to.x - bend} ${to.y} ${to.x} ${to.y}`
          : `M${from.x} ${from.y}C${from.x + 30} ${from.y} ${from.x + 10} ${lift} ${from.x + 40} ${lift}H${to.x - 40}C${to.x - 10} ${lift} ${to.x - 30} ${to.y} ${to.x} ${to.y}`;
      return [{ key: `${maker.index}-${slice.index}-${tensor}`, path, tensor }];
    }),
  );
  return (
    <div class="scroll" role="region" aria-label="Graph of the slices" tabIndex={0}>
      <svg
        class="graph"
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="group"
        aria-label="Slices, in the order in which they are run"
      >
        {edges.map(({ key, path, tensor }) => (
          <path key={key} class="edge" d={path}>
            <title>{`tensor ${tensor}`}</title>
          </path>
        ))}
        {placed.map((slice) => (
          <a key={slice.index} href={`#row-${slice.index}`}>
            <g
              class={`slice ${slice.state.toLowerCase()} ${slice.extra ?? ''}`}
              transform={`translate(${left(slice.column)} ${top(slice)})`}
            >
              <title>{said(slice)}</title>
              <rect width={BOX.width} height={BOX.height} rx="8" />
              <text x="10" y="19" class="name">
                {clipped(`${slice.index} ${slice.name}`, 16)}
              </text>
              <text x="10" y="37" class="state">
                {`${SIGNS[slice.state] ?? ''} ${stateWords(slice)}`}
              </text>
            </g>
          </a>
        ))}
      </svg>
    </div>
  );
}

function stateWords({ state, extra }: GraphSlice): string {
  const named = state === 'SETTLED' ? 'proved' : state === 'EXECUTED' ? 'executed only' : words(state);
  return extra === undefined ? named : `${named}, ${extra === 'audited' ? 'drawn' : extra}`;
}

function said(slice: GraphSlice): string {
  return `slice ${slice.index} ${slice.name}: ${stateWords(slice)}`;
}

function clipped(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\s.…]+$/u, '')}…`;
}

/** How many slices lie before each at most. What a model says of itself may be a circle: then it is cut. */
function depthsOf(slices: readonly GraphSlice[], inputCount: number): readonly number[] {
  const depthOfTensor = new Map<number, number>();
  return slices.map(({ inputs, outputs }) => {
    const before = inputs
      .filter((tensor) => tensor >= inputCount)
      .map((tensor) => depthOfTensor.get(tensor) ?? 0);
    const depth = Math.max(0, ...before);
    for (const tensor of outputs) depthOfTensor.set(tensor, depth + 1);
    return depth;
  });
}
