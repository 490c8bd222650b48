// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISliceMarket} from "../../../contracts/interfaces/ISliceMarket.sol";
import {SignedTransfers} from "../../../contracts/test/SignedTransfers.sol";
import {Admission, ExecutionOffer, JobRequest, Offer} from "../../../contracts/types/JobRequest.sol";
import {OutputOpening} from "../../../contracts/types/OutputOpening.sol";
import {MoodyAdmission, MoodyToken, SigningWallet} from "./Doubles.sol";
import {demand, VM} from "./Vm.sol";

/// @title What the handlers of a history share
/// @notice What the market refuses reverts and leaves no trace; a panic, or {Broken}, is no refusal and ends the run.
abstract contract HandlerBase {
    /// @notice There is nothing yet to call this on.
    error NoJobYet();

    uint256 internal constant SLICES = 4;
    /// @notice What the token's smallest unit counts in the ledger.
    uint256 public constant SCALE = 1e12;
    /// @dev Named by some of the actors, now and then, to act for them.
    address internal constant OPERATOR = address(0xbee);
    /// @dev Where Permit2 is.
    address internal constant PERMIT2 = 0x000000000022D473030F116dDEE9F6B43aC78BA3;
    /// @dev Actor i signs with this plus i.
    uint256 private constant FIRST_KEY = 0xac7000;

    ISliceMarket public market;
    MoodyToken public token;
    /// @notice A contract that signs with the first actor's key; the last but one of the actors.
    SigningWallet public wallet;
    bytes32 public modelId;
    /// @notice Whom some of the jobs have asked who may enter.
    MoodyAdmission public admission;

    /// @notice Who calls; the last one never does, and nobody may touch what it has.
    address[] public actors;
    bytes32[] public jobs;
    /// @dev What the trace of a job comes with.
    mapping(bytes32 jobId => bytes32 requestId) internal _requestIds;
    /// @notice What came in by plain transfers.
    uint256 public donated;
    /// @notice How often each kind of call went through.
    mapping(bytes4 call => uint256 times) public done;

    address internal immutable _owner;
    uint256 private _nonce;
    /// @dev How many bids were signed.
    uint256 internal _bids;

    /// @param market_ The market, whose asset is `token_`.
    constructor(
        ISliceMarket market_,
        MoodyToken token_,
        bytes32 modelId_,
        address owner
    ) {
        market = market_;
        token = token_;
        modelId = modelId_;
        wallet = new SigningWallet(VM.addr(FIRST_KEY + 1));
        admission = new MoodyAdmission();
        _owner = owner;
        for (uint256 i = 1; i <= 5; ++i) actors.push(VM.addr(FIRST_KEY + i));
        actors.push(address(wallet));
        actors.push(VM.addr(FIRST_KEY + 6));
        VM.etch(PERMIT2, address(new SignedTransfers()).code);
        for (uint256 i = 0; i < actors.length; ++i) {
            token.mint(actors[i], 1e30);
            VM.prank(actors[i]);
            token.approve(address(market), type(uint256).max);
            VM.prank(actors[i]);
            token.approve(PERMIT2, type(uint256).max);
            VM.deal(actors[i], 1e30);
            VM.prank(actors[i]);
            market.deposit(actors[i], 1e27 / SCALE);
        }
    }

    function jobCount() external view returns (uint256) {
        return jobs.length;
    }

    function allJobs() external view returns (bytes32[] memory) {
        return jobs;
    }

    function actorCount() external view returns (uint256) {
        return actors.length;
    }

    /// @dev Counts a call that went through.
    function _count() internal {
        ++done[msg.sig];
    }

    function _actor(uint256 seed) internal view returns (address) {
        return actors[(seed >> 16) % (actors.length - 1)];
    }

    /// @dev One of the actors that sign with a key, and its key.
    function _signer(uint256 seed) internal view returns (address account, uint256 key) {
        uint256 place = (seed >> 16) % 5;
        return (actors[place], FIRST_KEY + 1 + place);
    }

    function _job(uint256 seed) internal view returns (bytes32) {
        if (jobs.length == 0) revert NoJobYet();
        // Mostly one of the last few, which are still running.
        uint256 among = jobs.length < 4 ? jobs.length : 4;
        return jobs[jobs.length - 1 - (seed % among)];
    }

    /// @dev `account` itself, its operator or somebody else; whoever else acts for it has to be refused.
    function _actingFor(address account, uint256 seed) internal view returns (address) {
        if (seed % 4 == 0) return OPERATOR;
        return seed % 4 == 1 ? _actor(seed) : account;
    }

    function _mayActFor(address account, address caller) internal view returns (bool) {
        return caller == account || market.operatorOf(account, caller).maxDaily != 0;
    }

    function _trace() internal pure returns (bytes32[] memory trace) {
        trace = new bytes32[](5);
        for (uint256 i = 0; i < 5; ++i) trace[i] = bytes32(1000 + i);
    }

    function _traceHash() internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(keccak256(abi.encodePacked(_trace()))));
    }

    /// @dev What {MarkHasher} takes for the output of the trace.
    function _outputs() internal pure returns (OutputOpening[] memory outputs) {
        outputs = new OutputOpening[](1);
        outputs[0].salt = 7;
        outputs[0].words = new uint256[](1);
        outputs[0].words[0] = 5;
    }

    /// @dev Keeps a job that was posted; its id is what {IMarketCore-post} says.
    function _keep(bytes32 jobId, JobRequest memory request) internal {
        bytes32 requestId = keccak256(
            abi.encode(
                block.chainid,
                address(market),
                request.requester,
                request.nonce,
                keccak256(abi.encode(request))
            )
        );
        bytes32 inputsHash = keccak256(abi.encodePacked(request.inputs));
        demand(jobId == keccak256(abi.encode(requestId, inputsHash)), "a job's id is made of its request");
        jobs.push(jobId);
        _requestIds[jobId] = requestId;
    }

    function _request(uint256 seed, address requester) internal returns (JobRequest memory request) {
        request.requester = requester;
        request.nonce = _nonce++;
        request.modelId = modelId;
        request.inputs = new bytes32[](1);
        request.inputs[0] = bytes32(uint256(1000));
        request.required = (seed >> 32) % 3 == 0 ? 1 : 0;
        request.audits = request.required == 0 ? 0 : uint16((seed >> 40) % 3);
        // With as many audits as there are others, all of them may be drawn.
        if (request.audits < 2 && (seed >> 72) % 4 == 0) request.contestable = 9;
        request.offer = Offer({
            minUnitPrice: 1e15,
            maxUnitPrice: 3e15,
            rampSeconds: uint32(seed % 2) * 100,
            bidWindow: uint32((seed >> 4) % 2) * 20,
            proveSeconds: 60,
            minUndercutBps: 500,
            collateralBps: uint16(20_000 + (seed % 3)),
            settleTip: 1e14
        });
        request.execution = ExecutionOffer(2e15, 10e15, 80, 50);
        request.jobSeconds = 400;
        request.challengeSeconds = uint32((seed >> 48) % 2) * 60;
        request.maxFeeBps = 500;
        request.validUntil = type(uint40).max;
        request.outputCommitmentOnly = (seed >> 64) % 2 == 0;
        if ((seed >> 88) % 4 == 3) request.admission = Admission(address(admission), bytes32(seed));
    }
}
