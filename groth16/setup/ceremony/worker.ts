import { zKey } from 'snarkjs';
import type { SnarkjsAnswer, SnarkjsCall } from './snarkjs-messages.ts';

// The process in which snarkjs's zkey functions run: what it prints stays out of a command's output, and the
// threads of its curve end with it.

let heard: string[] = [];
const hear = (text: unknown): void => void heard.push(String(text).trim());
const silent = (): void => undefined;
const logger = { debug: silent, info: silent, warn: hear, error: hear };
// Some of its reasons go nowhere else.
globalThis.console.log = hear;

function run(call: SnarkjsCall): Promise<unknown> {
  switch (call.what) {
    case 'new':
      return zKey.newZKey(call.r1cs, call.phase1, call.to, logger);
    case 'contribute':
      return zKey.contribute(call.from, call.to, call.name, call.entropy, logger);
    case 'beacon':
      return zKey.beacon(call.from, call.to, call.name, call.beacon, call.iterationsExponent, logger);
    case 'verify':
      return zKey.verifyFromR1cs(call.r1cs, call.phase1, call.zkey, logger);
  }
}

async function answerTo(call: SnarkjsCall): Promise<SnarkjsAnswer> {
  heard = [];
  try {
    const result = await run(call);
    return result === false || result === -1 ? { done: false, reasons: heard } : { done: true };
  } catch (error) {
    return { done: false, reasons: [...heard, (error as Error).message] };
  }
}

process.on('message', (call: SnarkjsCall) => {
  void answerTo(call).then((answer) => process.send?.(answer));
});
// Whoever asked is gone: so are the threads of the curve, which would keep this process alive.
process.on('disconnect', () => process.exit(0));
