import { describe, expect, test } from 'vitest';
import { StoreError } from '../../protocol/store/store.ts';
import { Attempts } from '../../prover-node/attempts.ts';
import { NodeError } from '../../prover-node/errors.ts';
import { listeningLog } from './support/world.ts';

function attemptsAt(clock: { now: number }): {
  attempts: Attempts;
  lines: Record<string, unknown>[];
  codes: string[];
} {
  const { log, lines } = listeningLog();
  const codes: string[] = [];
  const attempts = new Attempts({ log, clock: () => clock.now, onFailure: (code) => codes.push(code) });
  return { attempts, lines, codes };
}

describe('attempts', () => {
  test('begin a task once, and say when it is done', async () => {
    const { attempts } = attemptsAt({ now: 0 });
    let runs = 0;
    const ask = (): string => attempts.ensure('a', {}, async () => void runs++);
    expect([ask(), ask()]).toEqual(['running', 'running']);
    await attempts.idle();
    expect(ask()).toBe('done');
    expect(runs).toBe(1);
  });

  test('try again what may help later, with doubled pauses up to the longest', async () => {
    const clock = { now: 0 };
    const { attempts, lines, codes } = attemptsAt(clock);
    const ask = async (): Promise<string> => {
      attempts.ensure('a', { jobId: '0x1' }, async () => {
        throw new StoreError('STORE_NOT_FOUND', 'not there yet');
      });
      await attempts.idle();
      return attempts.standingOf('a') as string;
    };
    const pauses: number[] = [];
    for (let tries = 0; tries < 9; tries++) {
      expect(await ask()).toBe('waiting');
      const { delay } = lines[lines.length - 1] as { delay: number };
      pauses.push(delay);
      clock.now += delay - 1;
      await ask();
      expect(codes).toHaveLength(tries + 1);
      clock.now += 1;
    }
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    expect(lines[0]).toMatchObject({ level: 'warn', code: 'STORE_NOT_FOUND', jobId: '0x1' });
  });

  test('give up what is wrong by itself with its reason, and look again after a while', async () => {
    const clock = { now: 0 };
    const { attempts, lines } = attemptsAt(clock);
    let runs = 0;
    const ask = (): string =>
      attempts.ensure('a', {}, async () => {
        if (++runs === 1) throw new NodeError('NODE_KEY_MISMATCH', 'another key');
      });
    ask();
    await attempts.idle();
    clock.now = 3_599_999;
    expect(ask()).toBe('refused');
    expect(runs).toBe(1);
    expect(lines).toMatchObject([{ level: 'error', message: 'given up for now', code: 'NODE_KEY_MISMATCH' }]);
    clock.now = 3_600_000;
    ask();
    await attempts.idle();
    expect(ask()).toBe('done');
  });

  test.each([
    ['an error of nobody', new Error('what?')],
    ['an error of ethers', Object.assign(new Error('bad'), { code: 'BAD_DATA' })],
    ['no error at all', 'text'],
  ])('never give up %s', async (_, error) => {
    const { attempts } = attemptsAt({ now: 0 });
    attempts.ensure('a', {}, () => Promise.reject(error));
    await attempts.idle();
    expect(attempts.standingOf('a')).toBe('waiting');
  });

  test('forget what is asked to be forgotten, but not what runs', async () => {
    const { attempts } = attemptsAt({ now: 0 });
    const gate = Promise.withResolvers<void>();
    attempts.ensure('slow', {}, () => gate.promise);
    attempts.ensure('quick', {}, async () => undefined);
    await new Promise((resolve) => setImmediate(resolve));
    attempts.forget(() => true);
    expect(attempts.standingOf('slow')).toBe('running');
    expect(attempts.standingOf('quick')).toBeUndefined();
    gate.resolve();
    await attempts.idle();
  });

  test('let go of what belongs to jobs that are over', async () => {
    const { attempts } = attemptsAt({ now: 0 });
    for (const jobId of ['0x1', '0x2', undefined])
      attempts.ensure(`of ${jobId}`, { jobId }, async () => undefined);
    await attempts.idle();
    attempts.keepJobs(new Set(['0x2']));
    expect(['0x1', '0x2', undefined].map((jobId) => attempts.standingOf(`of ${jobId}`))).toEqual([
      undefined,
      'done',
      'done',
    ]);
  });

  test('send again what a state after it still asks for, and nothing sooner', async () => {
    const { attempts } = attemptsAt({ now: 0 });
    let sent = 0;
    const ask = async (block: number): Promise<string> => {
      const standing = attempts.ensureSent('a', {}, block, () => Promise.resolve(10 * ++sent));
      await attempts.idle();
      return standing;
    };
    expect(await ask(5)).toBe('running');
    // States that can't show it yet, or were read when it was mined.
    expect(await Promise.all([ask(9), ask(10)])).toEqual(['done', 'done']);
    expect(attempts.isDue('a', 10)).toBe(false);
    expect(attempts.isDue('a', 11)).toBe(true);
    expect(await ask(11)).toBe('running');
    expect(await ask(12)).toBe('done');
    expect(sent).toBe(2);
  });
});
