package io.dgrid.contracts;

import io.dgrid.contracts.generated.Settlement.Voucher;
import java.io.IOException;
import org.web3j.crypto.StructuredDataEncoder;
import org.web3j.utils.Numeric;

/**
 * The voucher's digest by web3j's general EIP-712 encoder, independent of the contract's
 * hand-written one.
 */
final class TypedVoucher {
  private static final String JSON =
      """
      {"types": {
         "EIP712Domain": [
           {"name": "name", "type": "string"}, {"name": "version", "type": "string"},
           {"name": "chainId", "type": "uint256"}, {"name": "verifyingContract", "type": "address"}],
         "Voucher": [
           {"name": "client", "type": "address"}, {"name": "node", "type": "address"},
           {"name": "channelEpoch", "type": "uint64"}, {"name": "cumulativeAmount", "type": "uint128"},
           {"name": "receiptCount", "type": "uint64"}, {"name": "receiptsRoot", "type": "bytes32"},
           {"name": "validBefore", "type": "uint64"}]},
       "primaryType": "Voucher",
       "domain": {"name": "DGrid", "version": "1", "chainId": %d, "verifyingContract": "%s"},
       "message": {"client": "%s", "node": "%s", "channelEpoch": "%d", "cumulativeAmount": "%d",
         "receiptCount": "%d", "receiptsRoot": "%s", "validBefore": "%d"}}
      """;

  private TypedVoucher() {}

  static byte[] digest(Deployment deployment, Voucher voucher) throws IOException {
    return new StructuredDataEncoder(
            JSON.formatted(
                deployment.chainId(),
                deployment.settlement(),
                voucher.client,
                voucher.node,
                voucher.channelEpoch,
                voucher.cumulativeAmount,
                voucher.receiptCount,
                Numeric.toHexString(voucher.receiptsRoot),
                voucher.validBefore))
        .hashStructuredData();
  }
}
