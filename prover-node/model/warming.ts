import type { Service } from '../loop.ts';
import type { TakeUp } from '../take-up.ts';
import type { ModelCatalog } from './catalog.ts';
import type { Readiness } from './readiness.ts';

/** Makes the circuits of configured models ready before a job names them. */
export class Warming implements Service {
  readonly #catalog: ModelCatalog;
  readonly #readiness: Readiness;
  readonly #models: () => readonly string[];
  readonly #takeUp: TakeUp;

  constructor(catalog: ModelCatalog, readiness: Readiness, models: () => readonly string[], takeUp: TakeUp) {
    this.#catalog = catalog;
    this.#readiness = readiness;
    this.#models = models;
    this.#takeUp = takeUp;
  }

  consider(): void {
    if (this.#takeUp.pending) return;
    for (const modelId of this.#models()) {
      const model = this.#catalog.ready(modelId);
      for (const { id, provable } of model?.manifest.slices ?? []) {
        if (model && provable) this.#readiness.circuit(model, id);
      }
    }
  }
}
