import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupBy } from '../../../protocol/group-by.ts';
import { joinWhole } from '../../../protocol/wholes.ts';
import { evaluate } from '../../../slicer/integer/evaluate.ts';
import type { IntegerProgram, TensorValues } from '../../../slicer/integer/program.ts';
import { validateProgram } from '../../../slicer/integer/validate.ts';
import { composeViews } from '../../../slicer/plan/tilings/compose-views.ts';
import { circuitCost } from '../../../slicer/plan/cost/cost-of.ts';
import type { CostOf } from '../../../slicer/plan/cost/cost.ts';
import { extract } from '../../../slicer/plan/units/extract.ts';
import { CountCache, SliceSizes } from '../../../slicer/plan/cost/sizes.ts';
import { tileableOutput, tileUnit } from '../../../slicer/plan/tilings/tile.ts';
import { gridBoxes, tilingsOf } from '../../../slicer/plan/tilings/tilings.ts';
import { UnitGraph } from '../../../slicer/plan/units/unit-graph.ts';
import { ProgramGraph, unitsOf } from '../../../slicer/plan/units/units.ts';
import { seededNumbers } from '../../support/programs.ts';
import { ProgramBuilder, randomInputs, type Draw } from '../circuit/programs.ts';

const RANGE = { signed: true, bits: 5 };

/** A layer of any windows, groups, pooling, residual and kind, on a ranged tensor that another layer wrote. */
function randomLayer(draw: Draw): IntegerProgram {
  const build = new ProgramBuilder();
  const weight = (): number => draw(-9, 9);
  const channels = draw(1, 2) * 2;
  const x = build.input([1, channels, draw(4, 9), draw(4, 9)], RANGE);
  const before = build.rescale(build.conv(x, channels, {}, weight), 3, RANGE);
  const [, , height, width] = build.shape(before);
  const kernel = [draw(1, 3), draw(1, 3)] as const;
  const pad = (axis: 0 | 1): number => draw(0, kernel[axis] - 1);
  const groups = [1, 2, channels][draw(0, 2)];
  const same = draw(0, 3) === 0;
  let acc = build.conv(
    before,
    same ? channels : groups * draw(1, 3),
    {
      kernel: same ? [3, 3] : kernel,
      strides: same ? [1, 1] : [draw(1, 3), draw(1, 2)],
      pads: same ? [1, 1, 1, 1] : [pad(0), pad(1), pad(0), pad(1)],
      dilations: same || height < 6 || width < 6 ? [1, 1] : [draw(1, 2), draw(1, 2)],
      groups,
    },
    weight,
  );
  if (same) acc = build.add(acc, before, [0, draw(0, 3)]);
  const [, , rows, columns] = build.shape(acc);
  if (draw(0, 1) === 1 && rows > 1 && columns > 1) {
    const pool = [draw(1, Math.min(3, rows)), draw(1, Math.min(3, columns))] as const;
    const pads = [draw(0, pool[0] - 1), draw(0, pool[1] - 1), 0, draw(0, pool[1] - 1)] as const;
    acc = build.maxPool(acc, pool, [draw(1, 2), draw(1, 2)], pads);
  }
  const relu = draw(0, 1) === 1;
  return build.program([build.rescale(acc, draw(0, 6), { ...RANGE, signed: !relu }, relu)]);
}

/** The last layer in tiles, each run as a program of its own; what they write, joined. */
function runTiles(program: IntegerProgram, inputs: readonly TensorValues[], draw: Draw) {
  const graph = new ProgramGraph(program);
  const unit = unitsOf(graph).at(-1)!;
  const output = tileableOutput(graph, unit)!;
  const { name, shape } = program.tensors[output];
  const parts = [draw(1, shape[1]), draw(1, shape[2]), draw(1, shape[3])];
  const boxes = gridBoxes(shape, { axes: [1, 2, 3], parts });
  // Some tiles write one piece, others two or three.
  const tiles = [...groupBy(boxes, () => draw(0, Math.ceil(boxes.length / 2))).values()];
  const tiled = tileUnit(graph, unit, output, tiles);
  if (!tiled) return undefined;
  const values = evaluate(program, inputs);
  const pieces = new ProgramGraph(composeViews(tiled.program));
  const results = tiled.pieces.tensors.map((piece) => {
    const tile = unitsOf(pieces).find(({ nodes }) =>
      nodes.some((position) => pieces.program.nodes[position].output === piece),
    )!;
    const part = extract(pieces, tile.nodes);
    validateProgram(part.program);
    const written = evaluate(
      part.program,
      part.inputs.map((id) => values[id]),
    );
    return written[part.program.outputs[part.outputs.indexOf(piece)]];
  });
  const whole = { name, shape, pieces: tiled.pieces.boxes.map((box, tensor) => ({ tensor, ...box })) };
  return { got: joinWhole(whole, results), expected: values[output], tiles: tiles.length };
}

describe('tiles', () => {
  it('compute what the layer computes, whatever its windows and the grid', () => {
    let [tiled, tiles] = [0, 0];
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (seed) => {
        const draw = seededNumbers(seed);
        const program = randomLayer(draw);
        const found = runTiles(program, randomInputs(program, draw), draw);
        if (!found) return;
        tiled++;
        tiles += found.tiles;
        expect(found.got).toEqual(found.expected);
      }),
      { numRuns: 250 * Number(process.env.SLICEPROOF_FUZZ ?? 1) },
    );
    // Tiles that would read nothing but padding can't be made; pooled with padding there are some.
    expect(tiled).toBeGreaterThan(200);
    expect(tiles).toBeGreaterThan(3 * tiled);
  });

  /** Two 3×3 convolutions, one after the other; the first in four tiles of three rows. */
  function twoLayers(): ProgramGraph {
    const draw = seededNumbers(5);
    const build = new ProgramBuilder();
    const x = build.input([1, 2, 12, 5], RANGE);
    const same = { kernel: [3, 3], pads: [1, 1, 1, 1] } as const;
    const layer = (input: number): number =>
      build.rescale(
        build.conv(input, 2, same, () => draw(-9, 9)),
        4,
        RANGE,
      );
    const middle = layer(x);
    const graph = new ProgramGraph(build.program([layer(middle)]));
    const [first] = unitsOf(graph);
    const boxes = gridBoxes(graph.program.tensors[middle].shape, { axes: [2], parts: [4] });
    return new ProgramGraph(
      tileUnit(
        graph,
        first,
        middle,
        boxes.map((box) => [box]),
      )!.program,
    );
  }

  it('read of a layer in pieces only the pieces that they need', () => {
    const graph = twoLayers();
    const unit = unitsOf(graph).at(-1)!;
    const output = tileableOutput(graph, unit)!;
    const boxes = gridBoxes(graph.program.tensors[output].shape, { axes: [2], parts: [4] });
    const tiled = tileUnit(
      graph,
      unit,
      output,
      boxes.map((box) => [box]),
    )!;
    const pieces = new ProgramGraph(composeViews(tiled.program));
    const read = tiled.pieces.tensors.map((piece) => {
      const tile = unitsOf(pieces).find(({ nodes }) =>
        nodes.some((position) => pieces.program.nodes[position].output === piece),
      )!;
      return extract(pieces, tile.nodes).inputs.map((id) => pieces.program.tensors[id].name);
    });
    const name = (rows: string): string => `t2[${rows}]`;
    expect(read).toEqual([
      [name('0:3'), name('3:6')],
      [name('0:3'), name('3:6'), name('6:9')],
      [name('3:6'), name('6:9'), name('9:12')],
      [name('6:9'), name('9:12')],
    ]);
  });

  it('of a grid that is too coarse are counted once', () => {
    const build = new ProgramBuilder();
    const x = build.input([1, 2, 12, 6], RANGE);
    const same = { kernel: [3, 3], pads: [1, 1, 1, 1] } as const;
    const draw = seededNumbers(6);
    const acc = build.conv(x, 2, same, () => draw(-9, 9));
    const program = build.program([build.rescale(acc, 4, RANGE)]);
    const budget = 1_500;
    const refused: string[] = [];
    const costOf: CostOf = (part) => {
      const cost = circuitCost()(part);
      if (cost.constraints > budget) refused.push(part.tensors[part.outputs[0]].shape.join('×'));
      return cost;
    };
    const sizes = new SliceSizes(new UnitGraph(new ProgramGraph(program)), new CountCache(circuitCost()));
    const tilings = tilingsOf(sizes, 0, { budget, reason: 'needed', costOf });
    expect(tilings.length).toBeGreaterThan(0);
    expect(refused.length).toBeGreaterThan(1);
    expect(new Set(refused).size).toBe(refused.length);
  });
});
