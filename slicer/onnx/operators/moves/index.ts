import type { Operator } from '../operator.ts';
import { depthToSpace, spaceToDepth } from './depth.ts';
import { gather } from './gather.ts';
import { pad } from './pad.ts';
import { expand, tile } from './repeat.ts';
import { slice } from './slice.ts';
import { split } from './split.ts';
import { transpose } from './transpose.ts';

/** Operators that give values of their first input in another order, repeated, left out or filled up. */
export const moveOperators: Readonly<Record<string, Operator>> = {
  DepthToSpace: depthToSpace,
  Expand: expand,
  Gather: gather,
  Pad: pad,
  Slice: slice,
  SpaceToDepth: spaceToDepth,
  Split: split,
  Tile: tile,
  Transpose: transpose,
};
