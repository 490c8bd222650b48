// Stands for an external prover that never ends; it starts a process of its own as wrappers do.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { setInterval } from 'node:timers';

const [, , pidFile] = process.argv;
const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
writeFileSync(pidFile, `${process.pid} ${child.pid}`);
setInterval(() => {}, 1000);
