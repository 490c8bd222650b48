// A chain that is away, in every way that one can be, and every command that asks one: said on one line, within ten seconds.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadProgram } from '../../bin/program.ts';
import { WHILE_SOMEBODY_WAITS } from '../../protocol/chain/provider.ts';
import { pathOf } from '../../protocol/terminal/usage.ts';
import { startCli } from '../support/cli.ts';
import { writeTutorialModel } from '../support/tutorial-model.ts';
import { sliceproof, type Ran } from '../support/sliceproof.ts';

const ID = `0x${'1'.repeat(64)}`;
const ADDRESS = `0x${'1'.repeat(40)}`;
const MOST_SECONDS = 10;
const TICK_MS = 100;

const program = (await loadProgram()) as unknown as Command;

function* leavesOf(command: Command): Generator<Command> {
  if (command.commands.length === 0) yield command;
  for (const below of command.commands) yield* leavesOf(below);
}

const asking = [...leavesOf(program)].filter(({ options }) => options.some(({ long }) => long === '--rpc'));
/** Services wait for their chain and log that they do; the doctor has it among what it finds; the others ask nobody. */
const ELSE = ['start', 'doctor', 'init', 'print', 'explain'];
const commands = asking.filter((command) => !ELSE.includes(command.name())).map(pathOf);

let folder: string;
const servers: Server[] = [];
const sockets = new Set<Socket>();

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-away-'));
  const names = [
    'asset',
    'circuitRegistry',
    'modelRegistry',
    'verifier',
    'market',
    'lens',
    'admissionLists',
    'outputParts',
  ];
  const addresses = Object.fromEntries(names.map((name, i) => [name, `0x${String(i + 1).repeat(40)}`]));
  await writeFile(
    path.join(folder, 'deployment.json'),
    JSON.stringify({ chainId: 31337, block: 0, addresses }),
  );
  await writeTutorialModel(folder);
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  await rm(folder, { recursive: true });
});

/** A server's address; its connections are ended with the tests. */
async function listening(server: Server): Promise<string> {
  servers.push(server);
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An address where somebody was. */
async function deserted(): Promise<string> {
  const server = createServer();
  const address = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return address;
}

/** Answers every connection with these words, and ends it. */
const saying = (words: string): Promise<string> =>
  listening(
    createServer((socket) => {
      socket.once('data', () => socket.end(words));
    }),
  );
const http = (status: string, type: string, body: string): string =>
  `HTTP/1.1 ${status}\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`;

const absences: Readonly<Record<string, () => Promise<string>>> = {
  'nobody listens': async () => `http://${await deserted()}`,
  'it takes connections and never answers': async () =>
    `http://${await listening(createServer(() => undefined))}`,
  'it begins an answer and stops': async () =>
    `http://${await listening(
      createServer((socket) => {
        socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{'));
      }),
    )}`,
  'it never ends the handshake of TLS': async () =>
    `https://${await listening(createServer(() => undefined))}`,
  'its name is nobody’s': () => Promise.resolve('http://rpc.invalid:8545'),
  'a proxy says that it is down': async () =>
    `http://${await saying(http('502 Bad Gateway', 'text/html', '<h1>502</h1>'))}`,
  'it is overloaded': async () => `http://${await saying(http('503 Unavailable', 'text/plain', ''))}`,
  'it hangs up': async () => `http://${await saying('')}`,
  'it is another kind of service': async () => `http://${await saying('SSH-2.0-OpenSSH_9.2\r\n')}`,
  'none of several is there': async () =>
    `http://${await deserted()},http://${await listening(createServer(() => undefined))}`,
};

/** Runs a command in a time that is counted while it runs: a busy machine counts fewer ticks, never more. */
async function timed(args: readonly string[]): Promise<Ran & { readonly seconds: number }> {
  let ticks = 0;
  const clock = setInterval(() => ticks++, TICK_MS);
  try {
    const env = { SLICEPROOF_PRIVATE_KEY: `0x${'2'.repeat(64)}` };
    return { ...(await sliceproof(args, env)), seconds: (ticks * TICK_MS) / 1000 };
  } finally {
    clearInterval(clock);
  }
}

/** What a command can't do without, with files that are there: nothing but the chain is to be missing. */
function argumentsOf(name: string): string[] {
  const command = asking.find((one) => pathOf(one) === name) as Command;
  const wanted = (what: string): string => {
    if (/amount|index/.test(what)) return '1';
    if (/address/.test(what)) return ADDRESS;
    if (/input/.test(what)) return path.join(folder, 'one.npy');
    return ID;
  };
  return [
    ...name.split(' ').slice(1),
    ...command.registeredArguments.filter(({ required }) => required).map((one) => wanted(one.name())),
    ...command.options
      .filter(({ mandatory }) => mandatory)
      .flatMap(({ long, flags }) => [String(long), wanted(flags)]),
  ];
}

async function expectSaid(name: string, rpc: string): Promise<void> {
  const deployment = path.join(folder, 'deployment.json');
  const places = ['--rpc', rpc, '--deployment', deployment, '--store', folder];
  const { code, stdout, stderr, seconds } = await timed([...argumentsOf(name), ...places]);
  expect({ code, stdout, lines: stderr.split('\n') }).toEqual({
    code: 75,
    stdout: '',
    lines: [
      expect.stringMatching(/^error CHAIN_UNREACHABLE no chain answers at /),
      // Of every error: what to do.
      '  Check the address, and that the chain runs.',
      '',
    ],
  });
  expect(seconds).toBeLessThanOrEqual(MOST_SECONDS);
}

test('a chain that never answers is said to be away soon enough', async () => {
  await expectSaid('sliceproof job status', await absences['it takes connections and never answers']());
});

test('a process ends when it has said so, whatever connection is still open', async () => {
  // Takes no connection, and its queue of those that wait is full: the system tries for minutes.
  const program = `
    const server = require('node:net').createServer().listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
      process.stdout.write(String(server.address().port));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const deaf = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const waiting: Socket[] = [];
  try {
    const [port] = (await once(deaf.stdout, 'data')) as [Buffer];
    for (let i = 0; i < 4; i++) waiting.push(connect(Number(port), '127.0.0.1').on('error', () => undefined));
    const deployment = path.join(folder, 'deployment.json');
    const rpc = `http://127.0.0.1:${port.toString()}`;
    const cli = startCli(['job', 'status', ID, '--rpc', rpc, '--deployment', deployment, '--store', folder]);
    await cli.line((line) => line.startsWith('error CHAIN_UNREACHABLE'));
    let ticks = 0;
    const clock = setInterval(() => ticks++, TICK_MS);
    expect(await cli.ended).toBe(75);
    clearInterval(clock);
    // Node alone waits ten seconds for such a connection, from when it was begun.
    expect(ticks * TICK_MS).toBeLessThan(1500);
  } finally {
    for (const socket of waiting) socket.destroy();
    deaf.kill('SIGKILL');
  }
});

describe('a chain that is away', () => {
  // The same in less time: how long is patient enough is the test's above.
  const patience = WHILE_SOMEBODY_WAITS as { connectTimeout: number };
  const usual = patience.connectTimeout;
  beforeAll(() => void (patience.connectTimeout = 1000));
  afterAll(() => void (patience.connectTimeout = usual));

  test.each(commands)('is said to be by %s', async (name) => {
    await expectSaid(name, await absences['nobody listens']());
  });

  test.each(Object.keys(absences))('is said to be when %s', async (absence) => {
    await expectSaid('sliceproof job status', await absences[absence]());
  });
});
