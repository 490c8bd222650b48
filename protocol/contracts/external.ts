import { AbiCoder, keccak256, ZeroAddress } from 'ethers';
import { encodeProofs } from '../settlement/proof-bytes.ts';
import type { Contracts } from './market.ts';

/** A circuit whose proofs another contract verifies, as the registry keeps it. */
export interface ExternalCircuit {
  /** The contract's address, checksummed. */
  readonly verifier: string;
  /** Gas that a verification may cost at most. */
  readonly gasLimit: number;
  /** Hash of the code that the contract must have. */
  readonly codeHash: string;
  /** Number of public signals, the tag included. */
  readonly signals: number;
}

/** What the registry says of a circuit. */
export interface RegisteredCircuit {
  readonly keyDigest: string;
  readonly setupDigest: string;
  /** Undefined: its proofs are verified under a key. */
  readonly external: ExternalCircuit | undefined;
}

/** ICircuitRegistry's `CircuitKind` of circuits that another contract verifies. */
const EXTERNAL_KIND = 3n;

/** keccak256 that CircuitRegistry keeps as the circuit's key digest: a model's id binds it. */
export function externalDigestOf({ verifier, codeHash, signals, gasLimit }: ExternalCircuit): string {
  return keccak256(
    AbiCoder.defaultAbiCoder().encode(
      ['address', 'bytes32', 'uint16', 'uint32'],
      [verifier, codeHash, signals, gasLimit],
    ),
  );
}

/** Reverts as the registry does: UnknownCircuit. */
export async function readCircuit(
  { circuits }: Pick<Contracts, 'circuits'>,
  circuit: number,
): Promise<RegisteredCircuit> {
  const { kind, signals, keyDigest, setupDigest } = await circuits.circuitInfo(circuit);
  if (kind !== EXTERNAL_KIND) return { keyDigest, setupDigest, external: undefined };
  const { verifier, gasLimit, codeHash } = await circuits.externalVerifier(circuit);
  const external = { verifier, gasLimit: Number(gasLimit), codeHash, signals: Number(signals) };
  return { keyDigest, setupDigest, external };
}

/**
 * Whether a settlement would take a proof now: asked of the very contract that settlements ask, so with the gas that
 * the circuit is registered with, and with the code that it has to have.
 * @param proof hex
 */
export async function externalProofHolds(
  { verifier }: Pick<Contracts, 'verifier'>,
  circuit: number,
  signals: readonly bigint[],
  proof: string,
): Promise<boolean> {
  const proofs = encodeProofs({ proofs: [], aggregate: { circuits: [], c: [] }, externals: [proof] });
  const refused = await verifier.verify(ZeroAddress, [BigInt(circuit), ...signals], proofs);
  return refused.length === 0;
}
