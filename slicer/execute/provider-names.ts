/** ONNX Runtime's execution providers that slices may run on, by the names that people use. */
export const PROVIDERS = ['cpu', 'cuda', 'webgpu', 'coreml', 'directml'] as const;
export type ProviderName = (typeof PROVIDERS)[number];

/** The one that models are made with: its integers are what the others' are compared with. */
export const TRUSTED_PROVIDER = 'cpu' satisfies ProviderName;
export type OtherProvider = Exclude<ProviderName, typeof TRUSTED_PROVIDER>;

/** As ONNX Runtime names it. */
export function runtimeName(provider: ProviderName): string {
  return provider === 'directml' ? 'dml' : provider;
}
