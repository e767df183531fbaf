// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    Batch,
    BatchHeader,
    JobRequest,
    KeyGrant,
    Receipt,
    SkipReason,
    Verdict,
    Voucher,
    VoucherItem
} from "../Types.sol";

/// @title Where batches of receipts are committed and vouchers are paid
/// @notice Holds no money. A voucher is the client's signed running total for one node in one channel (client, node, epoch): only the newest
/// matters, it pays its total minus what the channel already settled, and the same voucher can never pay twice. Signatures are EIP-712 under
/// this contract's domain, so they hold on one chain and one deployment only.
///
/// A bad voucher never reverts a call: it is skipped with a `VoucherSkipped` event, so one party cannot hold up another's pay.
interface ISettlement {
    /// @notice `paid` left the client's escrow, of which `fee` went to the treasury. `cumulativeSettled` is the channel's new total; it is
    /// below the voucher's when the escrow or the key's cap was short, and the same voucher then pays the rest later.
    event VoucherSettled(
        address indexed client,
        address indexed node,
        uint64 channelEpoch,
        uint128 paid,
        uint128 fee,
        uint128 cumulativeSettled
    );
    /// @notice Nothing was paid for this voucher, and why.
    event VoucherSkipped(
        address indexed client, address indexed node, uint64 channelEpoch, uint128 cumulativeAmount, SkipReason reason
    );
    /// @notice A root is final on this chain. `batchNumber` counts from 1 without gaps.
    event BatchSettled(
        bytes32 indexed receiptsRoot, bytes32 dataCommitment, uint32 receiptCount, uint64 indexed batchNumber
    );

    error EmptyBatch();
    error BatchAlreadySettled(bytes32 receiptsRoot);
    error TooManyVouchers(uint256 count, uint256 limit);
    /// @notice The escrow given at deployment does not obey this contract.
    error WrongEscrow(address escrow);
    /// @notice The grant was not signed by the client that it names.
    error InvalidGrantSignature();

    /// @notice Commits a closed batch and pays its newest vouchers. Settler role only; a root settles once.
    /// @param header root and count of the receipts, and the commitment to the bytes that hold them
    /// @param items at most `MAX_VOUCHERS`, in any order; may be empty
    function settleBatch(BatchHeader calldata header, VoucherItem[] calldata items) external;

    /// @notice Pays vouchers without a batch. Open to everybody: a node that the settler ignores settles for itself.
    function settleVouchers(VoucherItem[] calldata items) external;

    /// @notice Registers a client's signed key grant at the escrow; anybody may bring it.
    function registerGrant(KeyGrant calldata grant, bytes calldata signature) external;

    /// @notice Whether a receipt belongs to a settled batch.
    /// @param receiptHash `hashReceipt` of the receipt
    /// @param proof siblings from the leaf `keccak256(0x00 ‖ receiptHash)` up to the root
    /// @return true only if the root is settled and the proof leads to it
    function verifyReceipt(bytes32 receiptsRoot, bytes32 receiptHash, bytes32[] calldata proof)
        external
        view
        returns (bool);

    /// @notice Total paid so far in one channel.
    function settledAmount(address client, address node, uint64 channelEpoch) external view returns (uint128);

    /// @notice The batch with this root; all zero when there is none.
    function batchOf(bytes32 receiptsRoot) external view returns (Batch memory);

    /// @notice How many batches are settled: the number of the newest one.
    function batchCount() external view returns (uint64);

    function escrow() external view returns (address);

    /// @notice The EIP-712 domain separator of every message of the network.
    function domainSeparator() external view returns (bytes32);

    /// @notice The digest a client signs; it is also the job's id.
    function hashJobRequest(JobRequest calldata request) external view returns (bytes32);
    /// @notice The digest a client signs to grant a key.
    function hashKeyGrant(KeyGrant calldata grant) external view returns (bytes32);
    /// @notice The digest a node signs: the receipt's hash.
    function hashReceipt(Receipt calldata receipt) external view returns (bytes32);
    /// @notice The digest a client or its key signs.
    function hashVoucher(Voucher calldata voucher) external view returns (bytes32);
    /// @notice The digest an oracle signs.
    function hashVerdict(Verdict calldata verdict) external view returns (bytes32);
}
