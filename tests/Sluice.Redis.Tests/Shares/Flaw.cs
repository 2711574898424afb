namespace Sluice.Redis.Tests;

/// <summary>Wrong variants of the protocol of shares. The simulation must catch each of them.</summary>
public enum Flaw
{
    /// <summary>The protocol as it is.</summary>
    None,

    /// <summary>Tokens are lent in blocks, and the bucket in the store refills meanwhile.</summary>
    LendsBlocks,

    /// <summary>A repeated message is applied once more, and a late one after its successors.</summary>
    NoMessageNumbers,

    /// <summary>The time in which a share may be used counts from the reply.</summary>
    EndCountsFromReply,

    /// <summary>That time counts from the last time that the message was sent.</summary>
    EndCountsFromLastSend,

    /// <summary>
    /// A share is used for the whole TTL rather than 9/10 of it, though the process's clock may be slow.
    /// </summary>
    EndsWithoutMargin,

    /// <summary>A share is used without an end.</summary>
    NeverEnds,

    /// <summary>A share that has ended is used again when a later message is answered.</summary>
    RevivesEndedShare,

    /// <summary>A share refills at its whole rate, though the process's clock may be fast.</summary>
    RefillsAtWholeRate,

    /// <summary>New parts are used before the reply that grants them.</summary>
    GrowsFirst,

    /// <summary>Parts that a message gives up are used until its reply.</summary>
    ShrinksAfterReply,

    /// <summary>New parts refill from the time when the message was sent.</summary>
    RefillsFromSend,

    /// <summary>While a call has reserved a part of the level, the share fills to its whole capacity.</summary>
    ReservationIsForgotten,

    /// <summary>The level that a process last reported is put back when its share is taken back.</summary>
    TakesReportedLevelBack,

    /// <summary>A message may bring more level than the capacity of the parts that it brings.</summary>
    LevelWithoutCapacity,

    /// <summary>A late message returns level to a bucket from which its share was taken back.</summary>
    ReturnsAfterEnd,

    /// <summary>A restart or a failover begins no epoch.</summary>
    NoEpoch,

    /// <summary>A new epoch grants at once.</summary>
    NoWaitInNewEpoch,

    /// <summary>After its wait, a new epoch begins with full buckets.</summary>
    NewEpochBeginsFull,

    /// <summary>The wait of a new epoch ends by the store's wall clock.</summary>
    WaitEndsByStoreClock,

    /// <summary>A share ends by the store's wall clock.</summary>
    ShareEndsByStoreClock,

    /// <summary>The record of a bucket can be evicted without the epoch; a bucket without a record is full.</summary>
    RecordIsEvictedAlone,

    /// <summary>Parts that were taken back refill in the store from before they were taken back.</summary>
    EndedPartsRefillFromBefore,

    /// <summary>Where processes have other numbers, what was used beyond the smaller capacity is forgotten at each message.</summary>
    UsedBeyondCapacityIsForgotten,
}
