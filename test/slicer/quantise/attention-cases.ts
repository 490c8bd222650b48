import { Exported } from '../../support/exported.ts';
import type { ProvedCase } from '../../support/proved-case.ts';

const TOKENS = 6;
const WIDTH = 8;
const LEAST = -3.4028234663852886e38;
const near = { tolerance: 0.005 };

/** Which tokens count, beside their numbers. */
const tokens: ProvedCase['file']['inputs'] = [
  ['ids', [1, TOKENS], 'int64'],
  ['mask', [1, TOKENS], 'int64'],
];

/** Attention of one head to tokens, what is done to its scores and shares said by its user. */
function masked(
  mask: (net: Exported, scores: string) => string,
  after: (net: Exported, shares: string) => string = (_, shares) => shares,
): ProvedCase {
  const net = new Exported();
  const x = net.op('Gather', [net.weights([2, WIDTH]), 'ids']);
  const keys = net.op('Transpose', [net.linear(x, WIDTH, WIDTH)], { perm: [0, 2, 1] });
  const scores = net.op('MatMul', [net.linear(x, WIDTH, WIDTH), keys]);
  const shares = after(net, net.op('Softmax', [mask(net, scores)], { axis: -1 }));
  const y = net.op('MatMul', [shares, net.linear(x, WIDTH, WIDTH)]);
  return { ...near, values: [0, 1], file: net.file(tokens, [y]) };
}

/** The mask, by which at least the first token counts. */
function counted(net: Exported): string {
  const first = net.constant([1, TOKENS], [1, 0, 0, 0, 0, 0], 'int64');
  return net.op('Unsqueeze', [net.op('Max', ['mask', first]), net.integers(1)]);
}

/** [1, 1, tokens]: 1 where a token counts not. */
function hidden(net: Exported): string {
  const real = net.op('Cast', [counted(net)], { to: 1 });
  return net.op('Sub', [net.number(1), real]);
}

/** [1, tokens, tokens]: whether a token counts for one that comes no sooner. */
function earlier(net: Exported, mask = counted(net)): string {
  const set = net.op('Cast', [mask], { to: 9 });
  const triangle = Array.from({ length: TOKENS ** 2 }, (_, i) =>
    Number(i % TOKENS <= Math.floor(i / TOKENS)),
  );
  return net.op('And', [set, net.constant([TOKENS, TOKENS], triangle, 'bool')]);
}

const added = (least: number): ProvedCase =>
  masked((net, scores) => net.op('Add', [scores, net.op('Mul', [hidden(net), net.number(least)])]));

/** Forms of attention, as their exporters write them. */
export const attentionCases: Readonly<Record<string, ProvedCase>> = {
  'a mask that is computed, as the least number of float32': added(LEAST),
  'a mask that is computed, as −10000': added(-10_000),
  'a mask that is computed, put where a condition says': masked((net, scores) => {
    const by = hidden(net);
    const filled = net.op('Where', [net.op('Cast', [by], { to: 9 }), net.number(LEAST), by]);
    return net.op('Add', [scores, filled]);
  }),
  'a mask that is computed, over one that is known': masked((net, scores) => {
    const triangle = Array.from({ length: TOKENS ** 2 }, (_, i) =>
      i % TOKENS <= Math.floor(i / TOKENS) ? 0 : LEAST,
    );
    const both = net.op('Add', [
      net.op('Mul', [hidden(net), net.number(LEAST)]),
      net.constant([TOKENS, TOKENS], triangle),
    ]);
    return net.op('Add', [scores, both]);
  }),
  'scores or −∞ by a condition, and nothing of a row that has only these': masked(
    (net, scores) =>
      net.op('Where', [
        earlier(net, net.op('Unsqueeze', ['mask', net.integers(1)])),
        scores,
        net.number(-Infinity),
      ]),
    (net, shares) => net.op('Where', [net.op('IsNaN', [shares]), net.number(0), shares]),
  ),
  'nothing or −∞ by a condition, added to scores': masked((net, scores) => {
    const below = net.op('Where', [earlier(net), net.number(0), net.number(-1e9)]);
    return net.op('Add', [scores, below]);
  }),
};
