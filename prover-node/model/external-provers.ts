import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { hexlify } from 'ethers';
import { writeWhole } from '../../protocol/files/write-whole.ts';
import { ConfigError } from '../../protocol/errors.ts';
import { MAX_EXTERNAL_PROOF_BYTES } from '../../protocol/proof-submission.ts';
import { fillCommandLine, splitCommandLine } from '../../groth16/prove/command/command-line.ts';
import { runCommand } from '../../groth16/prove/command/run.ts';
import { NodeError } from '../errors.ts';
import type { MadeProof } from './ready-circuit.ts';

/** A tensor as an external prover gets it: values row-major, what opens its commitment in hex. */
interface RequestTensor {
  readonly tensor: number;
  readonly count: number;
  readonly bits: number;
  readonly signed: boolean;
  readonly commitment: string;
  readonly salt: string;
  readonly values: readonly number[];
}

/** What an external prover is asked for: the file {request}, as JSON. */
export interface ExternalRequest {
  readonly format: 'sliceproof-external-request/1';
  readonly chainId: number;
  /** The registry's number, and the contract that has to take the proof. */
  readonly circuit: number;
  readonly verifier: string;
  readonly modelId: string;
  readonly slice: number;
  /** Paths of the slice: ONNX, and the integer program that it was made from. */
  readonly onnx: string;
  readonly program: string;
  readonly inputs: readonly RequestTensor[];
  readonly outputs: readonly RequestTensor[];
  /** Public signals, decimal: commitments of inputs and outputs, and last the tag, which binds the proof to who is paid. */
  readonly signals: readonly string[];
}

/** A program that makes the proofs that one verifier contract takes. */
export interface ExternalProver {
  /** The command line: names what proves. */
  readonly name: string;
  /** @throws ProveError PROVE_COMMAND_START, PROVE_COMMAND_FAILED, PROVE_COMMAND_TIMEOUT; NodeError NODE_EXTERNAL_PROOF */
  prove(
    request: ExternalRequest,
    signal?: AbortSignal,
  ): Promise<MadeProof & { readonly proof: { readonly external: string } }>;
}

/** The operator's external provers by the contracts that verify their proofs. */
export class ExternalProvers {
  readonly #commands = new Map<string, readonly string[]>();
  readonly #timeoutSeconds: number;

  /**
   * @param settings each `0xVERIFIER=command line with {request} and {proof}`
   * @throws ConfigError NODE_EXTERNAL_PROVER; ProveError PROVER_COMMAND for an open quote
   */
  constructor(settings: readonly string[], timeoutSeconds: number) {
    this.#timeoutSeconds = timeoutSeconds;
    for (const setting of settings) {
      const [, verifier, line] = /^(0x[0-9a-fA-F]{40})=(.*)$/s.exec(setting) ?? [];
      const words = line === undefined ? [] : splitCommandLine(line);
      if (!['{request}', '{proof}'].every((place) => words.slice(1).some((word) => word.includes(place)))) {
        throw new ConfigError(
          'NODE_EXTERNAL_PROVER',
          `expected 0xVERIFIER=command with {request} and {proof} among its arguments, got ${setting}`,
          { hint: 'For example: external-prover = ["0x…=/opt/prove-slice {request} {proof}"].' },
        );
      }
      this.#commands.set(verifier.toLowerCase(), words);
    }
  }

  /** @throws NodeError NODE_NO_EXTERNAL_PROVER */
  of(verifier: string): ExternalProver {
    const command = this.#commands.get(verifier.toLowerCase());
    if (command === undefined) {
      throw new NodeError(
        'NODE_NO_EXTERNAL_PROVER',
        `no external prover is set for the verifier contract ${verifier}`,
        { hint: `Set external-prover = ["${verifier}=… {request} {proof}"] to prove such slices.` },
      );
    }
    return {
      name: command.join(' '),
      prove: (request, signal) => this.#run(command, request, signal),
    };
  }

  async #run(command: readonly string[], request: ExternalRequest, signal?: AbortSignal) {
    const started = performance.now();
    const folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-external-'));
    try {
      const files = { request: path.join(folder, 'request.json'), proof: path.join(folder, 'proof') };
      await writeWhole(files.request, JSON.stringify(request));
      const usage = await runCommand(fillCommandLine(command, files), {
        timeoutSeconds: this.#timeoutSeconds,
        signal: signal ?? new AbortController().signal,
        onStart: () => undefined,
      });
      const external = await readProof(files.proof);
      return { proof: { external }, ...usage, proveSeconds: (performance.now() - started) / 1000 };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

async function readProof(file: string): Promise<string> {
  const refused = (what: string, cause?: unknown): NodeError =>
    new NodeError('NODE_EXTERNAL_PROOF', `the external prover left no proof that can be sent: ${what}`, {
      hint: 'It should write the bytes that its verifier contract takes to {proof}.',
      cause,
    });
  const pieces: Buffer[] = [];
  try {
    // `end` is the last byte that is read: one more than may be there.
    for await (const piece of createReadStream(file, { end: MAX_EXTERNAL_PROOF_BYTES })) {
      pieces.push(piece as Buffer);
    }
  } catch (cause) {
    throw refused((cause as Error).message, cause);
  }
  const bytes = Buffer.concat(pieces);
  if (bytes.length === 0) throw refused('an empty file');
  if (bytes.length > MAX_EXTERNAL_PROOF_BYTES) throw refused(`more than ${MAX_EXTERNAL_PROOF_BYTES} bytes`);
  return hexlify(bytes);
}
