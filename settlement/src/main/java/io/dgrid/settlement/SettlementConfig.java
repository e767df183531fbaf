package io.dgrid.settlement;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;

/** Settings of the settlement service. */
@ConfigMapping(prefix = "dgrid.settlement")
public interface SettlementConfig {
  /** File with the key that sends batches; its account needs gas money and the settler role. */
  Path keyFile();

  /** Folder that keeps segments. */
  Path dataDirectory();

  Intake intake();

  Batch batch();

  Voucher voucher();

  Chain chain();

  /** What comes in. */
  interface Intake {
    /** How long a voucher waits for receipts, a predecessor or a grant before it is rejected. */
    @WithDefault("1h")
    Duration voucherWait();

    /** How often vouchers that wait are looked at again. */
    @WithDefault("1s")
    Duration voucherInterval();
  }

  /** When a batch closes. */
  interface Batch {
    /** Receipts in a batch, 1 to 100 000; a batch closes at once when it is full. */
    @WithDefault("1000")
    int maxReceipts();

    /** A smaller batch closes when its oldest receipt is payable for this long. */
    @WithDefault("10s")
    Duration maxAge();

    /**
     * A receipt that no voucher covers goes into a batch after this time: its proof must not depend
     * on the client's payment.
     */
    @WithDefault("10m")
    Duration unpaidAge();

    /** How often the closing rule is asked. */
    @WithDefault("1s")
    Duration interval();
  }

  /** When vouchers go to the chain without receipts. */
  interface Voucher {
    /**
     * Vouchers that no batch took go alone when the oldest of them is due for this long; at once
     * when they fill a call.
     */
    @WithDefault("30s")
    Duration maxAge();

    /** What the chain did not pay in full is offered to it again after this time or a deposit. */
    @WithDefault("5m")
    Duration retryAfter();
  }

  /** How the chain is used. */
  interface Chain {
    /** Pause between two looks at the chain. */
    @WithDefault("1s")
    Duration pollInterval();

    /** Bound of one RPC call. */
    @WithDefault("5s")
    Duration callTimeout();

    /** A transaction not mined after this time is sent again with higher fees. */
    @WithDefault("30s")
    Duration replaceAfter();

    /** Highest fee per gas ever offered, in wei. */
    @WithDefault("500000000000")
    long maxFeePerGas();

    /** Calls on their way at once. */
    @WithDefault("8")
    int maxInFlight();

    /** Blocks asked for in one call while catching up with final history. */
    @WithDefault("1000")
    int catchUpBlocks();
  }
}
