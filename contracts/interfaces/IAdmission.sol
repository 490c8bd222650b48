// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

/// @title Who may take a part in a job, as a contract of the requester's choice says
/// @notice A job names such a contract, or none. The market asks it when somebody claims the execution, bids, or settles a
/// slice that nobody holds: who *enters*. Nothing else hangs on its answer.
interface IAdmission {
    /// @notice Whether an account may enter a job.
    /// @dev The caller is the market, which asks statically, with {IMarketViews-ADMISSION_GAS} at most. Only the word 1 admits: no
    /// code, a revert, too much gas and any other answer refuse.
    /// @param data What the job's request says beside the contract's address.
    function admits(bytes32 jobId, address account, bytes32 data) external view returns (bool);
}
