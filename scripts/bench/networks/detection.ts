import { FEW, Net, pixel, type ExportedNetwork } from './net.ts';

const SIDE = 160;
const CLASSES = 20;
/** Bins of which the distance to a side of a box is the mean. */
const BINS = 16;

const silu = (net: Net, x: string): string => net.op('Mul', [x, net.op('Sigmoid', [x])]);

const layer = (net: Net, x: string, from: number, to: number, kernel = 3, stride = 1): string =>
  silu(net, net.conv(x, from, to, kernel, stride, (kernel - 1) / 2));

const larger = (net: Net, x: string): string =>
  net.op('Resize', [x, '', net.constant([4], [1, 1, 2, 2])], {
    mode: 'nearest',
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  });

/** What one scale says of each of its places: [1, sides · bins + classes, places]. */
function head(net: Net, x: string, channels: number, side: number): string {
  const boxes = net.conv(layer(net, x, channels, 4 * BINS), 4 * BINS, 4 * BINS, 1);
  const classes = net.conv(layer(net, x, channels, 32), 32, CLASSES, 1);
  const both = net.op('Concat', [boxes, classes], { axis: 1 });
  return net.op('Reshape', [both, net.integers(1, 4 * BINS + CLASSES, side * side)]);
}

/** By place: where its middle is, in places; x, then y. And how many pixels a place is wide. */
function anchors(sides: readonly number[]): { readonly middles: number[]; readonly strides: number[] } {
  const places = sides.flatMap((side) =>
    Array.from({ length: side * side }, (_, i) => ({
      x: (i % side) + 0.5,
      y: Math.floor(i / side) + 0.5,
      stride: SIDE / side,
    })),
  );
  return {
    middles: [...places.map(({ x }) => x), ...places.map(({ y }) => y)],
    strides: places.map(({ stride }) => stride),
  };
}

/**
 * A detector of YOLOv8's shape on 160×160, from five convolutions with strides up to boxes and classes of all places of three scales,
 * [1, 4 + classes, places], of which the caller drops what overlaps.
 */
export function detector(): ExportedNetwork {
  const net = new Net();
  const quarter = layer(net, layer(net, 'x', 3, 16, 3, 2), 16, 32, 3, 2);
  const p3 = layer(net, quarter, 32, 64, 3, 2);
  const p4 = layer(net, p3, 64, 128, 3, 2);
  const p5 = layer(net, p4, 128, 256, 3, 2);
  const middle = layer(net, net.op('Concat', [larger(net, p5), p4], { axis: 1 }), 256 + 128, 128, 1);
  const fine = layer(net, net.op('Concat', [larger(net, middle), p3], { axis: 1 }), 128 + 64, 64, 1);
  const down = layer(net, fine, 64, 64, 3, 2);
  const coarse = layer(net, net.op('Concat', [down, middle], { axis: 1 }), 64 + 128, 128, 1);
  const sides = [SIDE / 8, SIDE / 16, SIDE / 32];
  const count = sides.reduce((sum, side) => sum + side * side, 0);
  const said = [fine, coarse, p5].map((x, i) => head(net, x, [64, 128, 256][i], sides[i]));
  const all = net.op('Concat', said, { axis: 2 });
  const [boxes, classes] = net.all('Split', [all, net.integers(4 * BINS, CLASSES)], 2, { axis: 1 });
  const bins = net.op('Transpose', [net.op('Reshape', [boxes, net.integers(1, 4, BINS, count)])], {
    perm: [0, 2, 1, 3],
  });
  const mean = net.op('Conv', [
    net.op('Softmax', [bins], { axis: 1 }),
    net.constant([1, BINS, 1, 1], [...Array(BINS).keys()]),
  ]);
  const [near, far] = net.all(
    'Split',
    [net.op('Reshape', [mean, net.integers(1, 4, count)]), net.integers(2, 2)],
    2,
    { axis: 1 },
  );
  const { middles, strides } = anchors(sides);
  const place = net.constant([1, 2, count], middles);
  const [least, most] = [net.op('Sub', [place, near]), net.op('Add', [far, place])];
  const centre = net.op('Div', [net.op('Add', [least, most]), net.number(2)]);
  const both = net.op('Concat', [centre, net.op('Sub', [most, least])], { axis: 1 });
  const pixels = net.op('Mul', [both, net.constant([1, count], strides)]);
  const found = net.op('Concat', [pixels, net.op('Sigmoid', [classes])], { axis: 1 });
  return net.finish({ shape: [1, 3, SIDE, SIDE], outputs: [found], draw: pixel, samples: FEW, opset: 18 });
}
