// Stands for a long-running prover that is broken or hostile: says that it was started, and then does to each request what the test
// wants; `well` hands over a proof that the test has made.
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { Buffer } from 'node:buffer';
import { createInterface } from 'node:readline';
import { clearInterval, setInterval } from 'node:timers';

// What each process does that is started, the last one again and again; `starts` has a line for each, `good` is a proof.
const [, , faults, starts, good] = process.argv;
appendFileSync(starts, `${process.pid}\n`);
const started = readFileSync(starts, 'utf8').trim().split('\n').length;
const names = faults.split(',');
const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
const well = ({ id, proof }) => {
  copyFileSync(good, proof);
  say({ id, proved: true });
};
const stay = () => setInterval(() => {}, 1000);

const FAULTS = {
  well,
  'says it in pieces': (request) => {
    copyFileSync(good, request.proof);
    for (const piece of ['{"id":', String(request.id), ',"proved":true}', '\n']) process.stdout.write(piece);
  },
  'makes progress': (request) => {
    for (const progress of [1, 40, 100]) say({ id: request.id, progress });
    well(request);
  },
  'is not able': ({ id }) => say({ id, error: 'no such key' }),
  dies: () => process.kill(process.pid, 'SIGKILL'),
  'dies in the middle of a line': ({ id }) =>
    process.stdout.write(`{"id":${id},"prov`, () => {
      process.stderr.write('out of luck\n', () => process.exit(3));
    }),
  'dies and leaves something that holds its pipes': () => {
    spawn(process.execPath, ['-e', 'setTimeout(() => {}, 20000)'], { detached: true, stdio: 'inherit' });
    process.exit(4);
  },
  'closes its output': () => {
    process.stdout.end();
    stay();
  },
  'says no JSON': () => process.stdout.write('reading the key …\n'),
  'says something else': ({ id }) => say({ id, proved: 'yes' }),
  'says more than is known': ({ id }) => say({ id, proved: true, proof: {} }),
  'says bytes': () => process.stdout.write(Buffer.from([0xff, 0, 0xfe, 0x0a])),
  'never ends its line': () => {
    const flood = () => process.stdout.write('x'.repeat(65_536), flood);
    flood();
  },
  'answers another': ({ id }) => say({ id: id + 1, proved: true }),
  'answers twice': (request) => {
    well(request);
    // When the proof has been looked at, and its file is gone.
    const again = setInterval(() => {
      if (existsSync(request.proof)) return;
      clearInterval(again);
      say({ id: request.id, proved: true });
    }, 5);
  },
  'goes back': ({ id }) => {
    say({ id, progress: 50 });
    say({ id, progress: 50 });
  },
  'is silent': () => undefined,
  'says how far it is when told': ({ id }) => {
    const word = setInterval(() => {
      if (!existsSync(names[1])) return;
      clearInterval(word);
      say({ id, progress: 1 });
    }, 5);
  },
  'leaves nothing': ({ id }) => say({ id, proved: true }),
  'leaves no JSON': ({ id, proof }) => {
    writeFileSync(proof, 'proof');
    say({ id, proved: true });
  },
  'leaves a folder': ({ id, proof }) => {
    mkdirSync(proof);
    say({ id, proved: true });
  },
  'leaves a flood': ({ id, proof }) => {
    symlinkSync('/dev/zero', proof);
    say({ id, proved: true });
  },
  'leaves a pipe': ({ id, proof }) => {
    spawn('mkfifo', [proof]).on('exit', () => say({ id, proved: true }));
  },
  // The right proof of something else.
  'proves something else': ({ id, proof }) => {
    const { pi_a, pi_b, ...rest } = JSON.parse(readFileSync(good, 'utf8'));
    writeFileSync(proof, JSON.stringify({ ...rest, pi_a: rest.pi_c, pi_b, pi_c: pi_a }));
    say({ id, proved: true });
  },
};

const fault = FAULTS[names[Math.min(started, names.length) - 1]];
for await (const line of createInterface({ input: process.stdin })) fault(JSON.parse(line));
