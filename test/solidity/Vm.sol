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
    function getBlockTimestamp() external view returns (uint256 time);
    function getBlockNumber() external view returns (uint256 number);
    function addr(uint256 key) external pure returns (address account);
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function envOr(string calldata name, uint256 otherwise) external view returns (uint256 value);
    function recordLogs() external;
    /// @notice What was logged since it was last asked for.
    function getRecordedLogs() external returns (Log[] memory logs);
}

Vm constant VM = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

/// @notice What a call did that it must not: never a refusal, so it ends the run.
error Broken(string what);

/// @notice Ends the run unless `holds`.
function demand(bool holds, string memory what) pure {
    if (!holds) revert Broken(what);
}
