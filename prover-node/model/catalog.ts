import { readModel, type RegisteredModel } from '../../protocol/contracts/model.ts';
import type { Contracts } from '../../protocol/contracts/market.ts';
import { decodeManifest, MAX_MANIFEST_BYTES, specOf, type Manifest } from '../../protocol/manifest.ts';
import type { ArtifactStore } from '../../protocol/store/store.ts';
import type { Attempts, Failure } from '../attempts.ts';
import { NodeError } from '../errors.ts';
import { notReady, type Reason } from '../reasons.ts';

/** A model as chain and store know it, which say the same. */
export interface Model {
  readonly registered: RegisteredModel;
  readonly manifest: Manifest;
}

/** Models by their id, each fetched once. */
export class ModelCatalog {
  readonly #contracts: Contracts;
  readonly #store: ArtifactStore;
  readonly #attempts: Attempts;
  readonly #models = new Map<string, Model>();
  readonly #publishers = new Map<string, string>();

  constructor(contracts: Contracts, store: ArtifactStore, attempts: Attempts) {
    this.#contracts = contracts;
    this.#store = store;
    this.#attempts = attempts;
  }

  /** The model, or undefined while it is fetched in the background or when it can't be had. */
  ready(modelId: string): Model | undefined {
    const model = this.#models.get(modelId);
    if (!model) {
      this.#attempts.ensure(`model ${modelId}`, { modelId }, async () => void (await this.load(modelId)));
    }
    return model;
  }

  /** The model, if it is ready; nothing is begun by asking. */
  find(modelId: string): Model | undefined {
    return this.#models.get(modelId);
  }

  /** Who registered a model, by the chain alone: undefined while it is read. Nothing else of the model is fetched. */
  publisher(modelId: string): string | undefined {
    const publisher = this.#publishers.get(modelId);
    if (publisher === undefined) {
      this.#attempts.ensure(publisherTask(modelId), { modelId }, async () => {
        this.#publishers.set(modelId, (await readModel(this.#contracts, modelId)).publisher);
      });
    }
    return publisher;
  }

  /** Why it isn't known who registered a model. */
  whyNoPublisher(modelId: string): Reason {
    return notReady(
      'MODEL_NOT_READY',
      'who published the model',
      this.#attempts.failureOf(publisherTask(modelId)),
    );
  }

  /** Why a model is given up; undefined: it isn't. */
  givenUp(modelId: string): Failure | undefined {
    return this.#attempts.refusalOf(`model ${modelId}`);
  }

  /** The models that are ready. */
  all(): readonly Model[] {
    return [...this.#models.values()];
  }

  /** Why a model isn't ready. */
  whyNot(modelId: string): Reason {
    return notReady('MODEL_NOT_READY', 'the model', this.#attempts.failureOf(`model ${modelId}`));
  }

  /** @throws NodeError NODE_MANIFEST_MISMATCH; BadInputError MANIFEST_MALFORMED; StoreError */
  async load(modelId: string): Promise<Model> {
    const known = this.#models.get(modelId);
    if (known) return known;
    const registered = await readModel(this.#contracts, modelId);
    const bytes = await this.#store.get(registered.manifestDigest, { maxBytes: MAX_MANIFEST_BYTES });
    const model = { registered, manifest: decodeManifest(bytes) };
    expectAgreement(model);
    this.#models.set(modelId, model);
    return model;
  }
}

function publisherTask(modelId: string): string {
  return `publisher ${modelId}`;
}

/**
 * A manifest is the publisher's word: it counts only where it says what the chain says.
 * @throws NodeError NODE_MANIFEST_MISMATCH
 */
function expectAgreement({ registered, manifest }: Model): void {
  const expect = (what: string, onChain: unknown, inManifest: unknown): void => {
    const [left, right] = [JSON.stringify(onChain), JSON.stringify(inManifest)];
    if (left === right) return;
    throw new NodeError(
      'NODE_MANIFEST_MISMATCH',
      `${what}: the chain says ${left}, the manifest ${right}: the model can't be worked on`,
      { details: { modelId: registered.modelId } },
    );
  };
  expect('number of inputs', registered.inputCount, manifest.inputCount);
  expect('outputs', registered.outputs, manifest.outputs);
  expect(
    'tensors',
    registered.tensors.map(({ count, bits, signed }) => [count, bits, signed]),
    manifest.tensors.map(specOf).map(({ count, bits, signed }) => [count, bits, signed]),
  );
  expect(
    'slices',
    registered.slices.map(({ circuit, weight, inputs, outputs }) => [
      BigInt(circuit) !== 0n,
      weight,
      inputs,
      outputs,
    ]),
    manifest.slices.map(({ provable, weight, inputs, outputs }) => [provable, weight, inputs, outputs]),
  );
}
