import { existsSync, readFileSync, rmSync } from 'node:fs';
import { z } from 'zod';
import { writeWhole } from '../../protocol/files/write-whole.ts';

const stepSchema = z.object({
  number: z.number().int().positive(),
  name: z.string(),
  address: z.string(),
  block: z.number().int().nonnegative(),
  /** Left out: it was there already, made by somebody else or for another market. */
  transaction: z.string().optional(),
  codeHash: z.string(),
});

const progressSchema = z.object({ chainId: z.number().int(), plan: z.string(), steps: z.array(stepSchema) });

/** A contract that is there. */
export type DoneStep = z.infer<typeof stepSchema>;

/** What a deployment that was cut off had done, in a file beside the deployment's. */
export class Progress {
  readonly #file: string | undefined;
  readonly #chainId: number;
  readonly #plan: string;

  /** @param plan text that is the same for two deployments that would come out the same */
  constructor(deploymentFile: string | undefined, chainId: number, plan: string) {
    this.#file = deploymentFile === undefined ? undefined : `${deploymentFile}.progress`;
    this.#chainId = chainId;
    this.#plan = plan;
  }

  /** The steps done before; none if they were of another plan or chain, or can't be read. */
  read(): readonly DoneStep[] {
    if (this.#file === undefined || !existsSync(this.#file)) return [];
    try {
      const { chainId, plan, steps } = progressSchema.parse(JSON.parse(readFileSync(this.#file, 'utf8')));
      return chainId === this.#chainId && plan === this.#plan ? steps : [];
    } catch {
      return [];
    }
  }

  async write(steps: readonly DoneStep[]): Promise<void> {
    if (this.#file === undefined) return;
    const content = { chainId: this.#chainId, plan: this.#plan, steps };
    await writeWhole(this.#file, JSON.stringify(content, null, 2), { mode: 0o644 });
  }

  clear(): void {
    if (this.#file !== undefined) rmSync(this.#file, { force: true });
  }
}
