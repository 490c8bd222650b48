import { parentPort, workerData } from 'node:worker_threads';
import { instantiateBn254 } from '../curve/bn254-wasm.ts';
import type { GroupName } from '../curve/group.ts';
import { createBn254Kernel } from '../kernel/bn254-kernel.ts';
import { createFixedBase } from './fixed-base.ts';
import type { FixedBase } from './fixed-base.ts';
import type { ThreadReady, ThreadSettings, ThreadTask, WindowBits } from './threads.ts';

// A thread of development setups: takes batches of scalars, gives back points.

const settings = workerData as ThreadSettings;
const port = parentPort;
if (port !== null) {
  const curve = instantiateBn254(settings.module);
  const { sums } = createBn254Kernel(curve);
  const free = curve.top();
  const bases = new Map<GroupName, FixedBase>();
  let windowBits: WindowBits | undefined;
  const baseOf = (task: ThreadTask): FixedBase => {
    if (windowBits?.g1 !== task.windowBits.g1 || windowBits.g2 !== task.windowBits.g2) {
      bases.clear();
      curve.release(free);
      ({ windowBits } = task);
    }
    const known = bases.get(task.group);
    if (known !== undefined) return known;
    const made = createFixedBase(curve, sums[task.group], windowBits[task.group]);
    bases.set(task.group, made);
    return made;
  };
  port.on('message', (task: ThreadTask) => {
    const points = baseOf(task).multiply(task.scalars);
    const done: ThreadReady = { id: task.id, points };
    port.postMessage(done, [points.buffer]);
  });
}
