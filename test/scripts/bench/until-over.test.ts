import { expect, test } from 'vitest';
import { untilOver } from '../../../scripts/bench/until-over.ts';

/** Looks of a run that is at these states, one after the other, and stays at the last. */
function looks(states: readonly string[]) {
  let at = 0;
  return () => {
    const state = states[Math.min(at++, states.length - 1)];
    return Promise.resolve({ over: state === 'over', state });
  };
}

test('a run is followed to its end, and each new state is told once', async () => {
  const news: string[] = [];
  await untilOver(looks(['begun', 'begun', 'half', 'half', 'over']), (state) => news.push(state), {
    stuckSeconds: 10,
    lookMs: 1,
  });
  expect(news).toEqual(['half', 'over']);
});

test('a run in which nothing changes any more is given up, with what it was at', async () => {
  const stuck = untilOver(looks(['begun', 'half']), () => undefined, { stuckSeconds: 0.05, lookMs: 1 });
  await expect(stuck).rejects.toMatchObject({
    code: 'BENCH_STUCK',
    message: expect.stringContaining('half') as string,
  });
});
