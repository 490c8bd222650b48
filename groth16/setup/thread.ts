import { parentPort, workerData } from 'node:worker_threads';
import { instantiateBn254 } from '../curve/bn254-wasm.ts';
import type { GroupName } from '../curve/group.ts';
import { createBn254Kernel } from '../kernel/bn254-kernel.ts';
import { createFixedBase } from './fixed-base.ts';
import type { FixedBase } from './fixed-base.ts';
import type { ThreadReady, ThreadSettings, ThreadTask } from './threads.ts';

// A thread of the development setup: takes batches of scalars, gives back points.

const settings = workerData as ThreadSettings;
const port = parentPort;
if (port !== null) {
  const curve = instantiateBn254(settings.module);
  const { sums } = createBn254Kernel(curve);
  const bases = new Map<GroupName, FixedBase>();
  const baseOf = (group: GroupName): FixedBase => {
    const known = bases.get(group);
    if (known !== undefined) return known;
    const made = createFixedBase(curve, sums[group], settings.windowBits[group]);
    bases.set(group, made);
    return made;
  };
  port.on('message', (task: ThreadTask) => {
    const points = baseOf(task.group).multiply(task.scalars);
    const done: ThreadReady = { id: task.id, points };
    port.postMessage(done, [points.buffer]);
  });
}
