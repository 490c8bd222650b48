// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {InferenceVerifier} from "./sliceproof/desk/InferenceVerifier.sol";
import {IGroth16BatchVerifier} from "./sliceproof/interfaces/IGroth16BatchVerifier.sol";
import {IModelRegistry} from "./sliceproof/interfaces/IModelRegistry.sol";
import {ITensorHasher} from "./sliceproof/interfaces/ITensorHasher.sol";

/// @title Inferences of the model "{{title}}", and of no other
/// @notice Manifest sha-256 {{manifestDigest}}, keys of a {{setup}} setup.
contract {{Name}}Verifier is InferenceVerifier {
    /// @dev What is computed, and under which keys. A model that differs in anything can't be deployed with.
    bytes32 private constant CONTENT = {{contentDigest}};

    /// @param registry Where the model is registered. @param verifier Of the same circuits. @param hasher Of commitments.
    /// @param modelId_ The model's id in the registry.
    constructor(
        IModelRegistry registry,
        IGroth16BatchVerifier verifier,
        ITensorHasher hasher,
        bytes32 modelId_
    ) InferenceVerifier(registry, verifier, hasher, modelId_, CONTENT) {}
}
