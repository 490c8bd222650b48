import { isRetryable } from '../../protocol/errors.ts';
import { artifactOf } from '../../protocol/store/digest.ts';
import { firstDifference, trialInputs, type Difference } from '../../slicer/audit/compare-runs.ts';
import { ModelError } from '../../slicer/execute/process/errors.ts';
import type { TensorValues } from '../../slicer/integer/program.ts';
import type { Fallback, ProviderTrust } from '../model/provider-trust.ts';
import type { SliceModel, SliceRunner } from './runner.ts';

export interface ComparedRunnerOptions {
  readonly trust: ProviderTrust;
  /** On `cpu`. */
  readonly cpu: SliceRunner;
  /** On the provider of `trust`. */
  readonly other: SliceRunner;
  readonly randomBytes: (size: number) => Uint8Array;
}

type Outputs = readonly TensorValues[];

/**
 * Runs slices on another provider than `cpu`, once each has given there the integers that it gives on `cpu`, on inputs at the ends
 * of their ranges and on random ones. What differs, then or later, or fails there, runs on `cpu` from then on; so does, always, what
 * no circuit proves: floats mean what they are on `cpu`, and no number of trials shows that another's are the same.
 */
export function createComparedRunner({ trust, cpu, other, randomBytes }: ComparedRunnerOptions): SliceRunner {
  const trials = new Map<string, Promise<void>>();

  /** What `cpu` gives, where the other provider failed: it is blamed once `cpu` is known not to fail too. */
  const instead = async (
    model: SliceModel,
    sha256: string,
    inputs: Outputs,
    error: unknown,
  ): Promise<Outputs> => {
    const outputs = await cpu.run(model, inputs);
    await trust.distrust({ sha256, ...failureOf(error) });
    return outputs;
  };

  const tryOut = async (model: SliceModel, sha256: string): Promise<void> => {
    for (const inputs of trialInputs(model.inputs, randomBytes)) {
      const expected = await cpu.run(model, inputs);
      let given: Outputs;
      try {
        given = await other.run(model, inputs);
      } catch (error) {
        return trust.distrust({ sha256, ...failureOf(error) });
      }
      const difference = firstDifference(expected, given);
      if (difference) return trust.distrust({ sha256, ...differs(difference) });
    }
    trust.trust(sha256);
  };

  /** One trial of a slice at a time, whoever asks for it. */
  const triedOut = (model: SliceModel, sha256: string): Promise<void> => {
    const trial = trials.get(sha256) ?? tryOut(model, sha256).finally(() => trials.delete(sha256));
    trials.set(sha256, trial);
    return trial;
  };

  return {
    async run(model, inputs, isRight) {
      if (model.foreign) return cpu.run(model, inputs);
      const { sha256 } = artifactOf(model.onnx);
      if (trust.standingOf(sha256) === 'untried') await triedOut(model, sha256);
      if (trust.standingOf(sha256) !== 'trusted') return cpu.run(model, inputs);
      let made: Outputs;
      try {
        made = await other.run(model, inputs);
      } catch (error) {
        return instead(model, sha256, inputs, error);
      }
      if (!isRight || (await isRight(made))) return made;
      const expected = await cpu.run(model, inputs);
      const difference = firstDifference(expected, made);
      if (difference) await trust.distrust({ sha256, ...differs(difference) });
      return expected;
    },
    async close() {
      await Promise.allSettled([...trials.values()]);
      await other.close();
      await cpu.close();
    },
  };
}

type Why = Pick<Fallback, 'code' | 'message'>;

function failureOf(error: unknown): Why {
  const ended = error instanceof ModelError && !isRetryable(error);
  const message = error instanceof Error ? error.message : String(error);
  return { code: ended ? 'PROVIDER_CRASHED' : 'PROVIDER_FAILED', message: message.trim().slice(0, 10_000) };
}

function differs({ output, index, expected, given }: Difference): Why {
  const said = (value: number | undefined): string => (value === undefined ? 'nothing' : String(value));
  return {
    code: 'PROVIDER_DIFFERS',
    message: `value ${index} of output ${output} is ${said(expected)} on cpu and ${said(given)} there`,
  };
}
