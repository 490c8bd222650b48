import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { loadBn254 } from '../../curve/bn254-wasm.ts';
import { readZkeyHeader } from '../../formats/zkey-file.ts';
import { openCommitmentKey } from '../../lookups/commitment.ts';
import type { CommitmentKey } from '../../lookups/commitment.ts';
import { verifyingKeyOf } from '../../setup/verifying-key-of.ts';
import { createProofVerifier } from '../../verify/verify.ts';
import type { ProofVerifier } from '../../verify/verify.ts';
import { createKeyIds } from '../key-ids.ts';
import { readKey } from '../read-key.ts';

/** What is known of a proving key that an external program has in a file. */
export interface WorkerKey {
  readonly id: string;
  readonly file: string;
  readonly wires: number;
  /** The committed ones among them. */
  readonly publicWires: number;
  readonly commitment: CommitmentKey | undefined;
  readonly verifier: ProofVerifier;
}

interface Held {
  readonly key: Promise<WorkerKey>;
  readonly own: boolean;
  users: number;
}

/** Proving keys of external programs, the last ones kept; what came as bytes lies in a folder. */
export class WorkerKeys {
  readonly #ids = createKeyIds();
  /** Used last stands last. */
  readonly #held = new Map<string, Held>();
  readonly #folder: Promise<string>;
  readonly #most: number;

  constructor(folder: Promise<string>, most: number) {
    this.#folder = folder;
    this.#most = most;
  }

  /**
   * Runs `work` with a key, whose file stays until then.
   *
   * @throws ProveError PROVE_KEY_UNREADABLE; FormatError as readZkey
   */
  async use<T>(source: Uint8Array | string, work: (key: WorkerKey) => Promise<T>): Promise<T> {
    const id = await this.#ids.of(source);
    const held = this.#held.get(id) ?? {
      key: this.#open(id, source),
      own: typeof source !== 'string',
      users: 0,
    };
    this.#held.delete(id);
    this.#held.set(id, held);
    held.users++;
    try {
      return await work(await held.key);
    } catch (error) {
      // A key that could not be read is read again.
      await held.key.catch(() => this.#held.delete(id));
      throw error;
    } finally {
      held.users--;
      await this.#forget();
    }
  }

  async #open(id: string, source: Uint8Array | string): Promise<WorkerKey> {
    const bytes = typeof source === 'string' ? await readKey(source) : source;
    const { wires, publicSignals } = readZkeyHeader(bytes);
    const file = typeof source === 'string' ? path.resolve(source) : await this.#fileOf(id);
    if (typeof source !== 'string') await writeFile(file, source);
    const commitment = await openCommitmentKey(bytes);
    const verifier = await createProofVerifier(verifyingKeyOf(await loadBn254(), bytes));
    return { id, file, wires, publicWires: publicSignals, commitment, verifier };
  }

  async #fileOf(id: string): Promise<string> {
    return path.join(await this.#folder, `${id.replace(':', '-')}.zkey`);
  }

  async #forget(): Promise<void> {
    for (const [id, { own, users }] of this.#held) {
      if (this.#held.size <= this.#most) return;
      if (users > 0) continue;
      this.#held.delete(id);
      if (own) await rm(await this.#fileOf(id), { force: true });
    }
  }
}
