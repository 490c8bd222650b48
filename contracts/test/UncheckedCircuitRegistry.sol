// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CodeStore} from "../libraries/CodeStore.sol";
import {KeyStore} from "../libraries/KeyStore.sol";
import {VerifyingKey} from "../types/VerifyingKey.sol";

/// @title A circuit registry that checks nothing, for tests that show what the checks are for
/// @notice Warning: unsound on purpose.
contract UncheckedCircuitRegistry {
    /// @notice Keeps a key as the real registry does.
    function registerCircuit(VerifyingKey calldata key) external {
        CodeStore.write(KeyStore.encode(key, keccak256(abi.encode(key))));
    }
}
