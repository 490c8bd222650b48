// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The cheat codes of the test runner that these tests use
interface Vm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    function prank(address caller) external;
    function warp(uint256 time) external;
    function roll(uint256 number) external;
    function deal(address account, uint256 coins) external;
    function etch(address account, bytes calldata code) external;
    function getBlockTimestamp() external view returns (uint256 time);
    function getBlockNumber() external view returns (uint256 number);
    function addr(uint256 key) external pure returns (address account);
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function envOr(string calldata name, uint256 otherwise) external view returns (uint256 value);
    /// @notice What creates a contract, by the file and name of its artifact.
    function getCode(string calldata artifact) external view returns (bytes memory creationCode);
    function recordLogs() external;
    /// @notice What was logged since it was last asked for.
    function getRecordedLogs() external returns (Log[] memory logs);
}

Vm constant VM = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

/// @notice Deploys a contract as it was compiled to be deployed. Named instead of imported, it isn't compiled again with
/// the tests.
function deployCompiled(string memory artifact, bytes memory arguments) returns (address deployed) {
    bytes memory code = bytes.concat(VM.getCode(artifact), arguments);
    assembly ("memory-safe") {
        deployed := create(0, add(code, 0x20), mload(code))
    }
    demand(deployed != address(0), artifact);
}

/// @notice What a call did that it must not: never a refusal, so it ends the run.
error Broken(string what);

/// @notice Ends the run unless `holds`.
function demand(bool holds, string memory what) pure {
    if (!holds) revert Broken(what);
}
