// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The cheat codes of the test runner that these tests use
interface Vm {
    function prank(address caller) external;
    function warp(uint256 time) external;
    function roll(uint256 number) external;
}

Vm constant VM = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);
