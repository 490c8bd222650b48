/**
 * `sliceproof/contracts`: typed bindings with ABIs and bytecode, and what a deployment's file holds. The ABIs alone are
 * `sliceproof/contracts/abi/*.json`, the Solidity sources `sliceproof/contracts/…`.
 */
export { IAdmission__factory } from '../protocol/contracts/generated/factories/interfaces/IAdmission__factory.ts';
export { IAdmissionLists__factory } from '../protocol/contracts/generated/factories/interfaces/IAdmissionLists__factory.ts';
export { ICircuitRegistry__factory } from '../protocol/contracts/generated/factories/interfaces/ICircuitRegistry__factory.ts';
export { IGroth16BatchVerifier__factory } from '../protocol/contracts/generated/factories/interfaces/IGroth16BatchVerifier__factory.ts';
export { IInferenceConsumer__factory } from '../protocol/contracts/generated/factories/interfaces/IInferenceConsumer__factory.ts';
export { IMarketLens__factory } from '../protocol/contracts/generated/factories/interfaces/IMarketLens__factory.ts';
export { IModelRegistry__factory } from '../protocol/contracts/generated/factories/interfaces/IModelRegistry__factory.ts';
export { IOutputParts__factory } from '../protocol/contracts/generated/factories/interfaces/IOutputParts__factory.ts';
export { ISliceMarket__factory } from '../protocol/contracts/generated/factories/interfaces/ISliceMarket__factory.ts';
export { ISliceVerifier__factory } from '../protocol/contracts/generated/factories/interfaces/ISliceVerifier__factory.ts';
export { ITensorHasher__factory } from '../protocol/contracts/generated/factories/interfaces/ITensorHasher__factory.ts';
export { CircuitRegistry__factory } from '../protocol/contracts/generated/factories/CircuitRegistry__factory.ts';
export { Groth16BatchVerifier__factory } from '../protocol/contracts/generated/factories/Groth16BatchVerifier__factory.ts';
export { MarketLens__factory } from '../protocol/contracts/generated/factories/MarketLens__factory.ts';
export { ModelRegistry__factory } from '../protocol/contracts/generated/factories/ModelRegistry__factory.ts';
export { SliceMarket__factory } from '../protocol/contracts/generated/factories/SliceMarket__factory.ts';
export { TensorHasher__factory } from '../protocol/contracts/generated/factories/TensorHasher__factory.ts';
export { AdmissionLists__factory } from '../protocol/contracts/generated/factories/periphery/AdmissionLists__factory.ts';
export { OutputParts__factory } from '../protocol/contracts/generated/factories/periphery/OutputParts__factory.ts';
export { Audits__factory } from '../protocol/contracts/generated/factories/market/Audits__factory.ts';
export { Bids__factory } from '../protocol/contracts/generated/factories/market/Bids__factory.ts';
export { Endings__factory } from '../protocol/contracts/generated/factories/market/Endings__factory.ts';
export { Executions__factory } from '../protocol/contracts/generated/factories/market/Executions__factory.ts';
export { MarketLedger__factory } from '../protocol/contracts/generated/factories/MarketLedger__factory.ts';
export { Offers__factory } from '../protocol/contracts/generated/factories/market/Offers__factory.ts';
export { Requests__factory } from '../protocol/contracts/generated/factories/market/Requests__factory.ts';
export { Results__factory } from '../protocol/contracts/generated/factories/market/Results__factory.ts';
export { SignedRequests__factory } from '../protocol/contracts/generated/factories/market/SignedRequests__factory.ts';
export { DigitLedger__factory } from '../protocol/contracts/generated/factories/examples/DigitLedger__factory.ts';
export { PackedValues__factory } from '../protocol/contracts/generated/factories/libraries/PackedValues__factory.ts';
export type { IAdmission } from '../protocol/contracts/generated/interfaces/IAdmission.ts';
export type { IAdmissionLists } from '../protocol/contracts/generated/interfaces/IAdmissionLists.ts';
export type { ICircuitRegistry } from '../protocol/contracts/generated/interfaces/ICircuitRegistry.ts';
export type { IGroth16BatchVerifier } from '../protocol/contracts/generated/interfaces/IGroth16BatchVerifier.ts';
export type { IInferenceConsumer } from '../protocol/contracts/generated/interfaces/IInferenceConsumer.ts';
export type { IMarketLens } from '../protocol/contracts/generated/interfaces/IMarketLens.ts';
export type { IModelRegistry } from '../protocol/contracts/generated/interfaces/IModelRegistry.ts';
export type { IOutputParts } from '../protocol/contracts/generated/interfaces/IOutputParts.ts';
export type { ISliceMarket } from '../protocol/contracts/generated/interfaces/ISliceMarket.ts';
export type { ISliceVerifier } from '../protocol/contracts/generated/interfaces/ISliceVerifier.ts';
export type { ITensorHasher } from '../protocol/contracts/generated/interfaces/ITensorHasher.ts';
export { contractInterfaces, openContracts, type Contracts } from '../protocol/contracts/market.ts';
export { deploymentSchema, type Deployment } from '../protocol/contracts/deployment.ts';
