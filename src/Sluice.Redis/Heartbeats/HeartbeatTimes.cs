namespace Sluice.Redis;

/// <summary>The times of heartbeats. All processes of a store must have the same, so none of them is an option.</summary>
internal static class HeartbeatTimes
{
    /// <summary>The time between two heartbeats of a process.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>For so long a heartbeat is valid. Another process that sees no new one for so long names the end of the process.</summary>
    /// <remarks>
    /// Such a witness sees the last heartbeat at most one interval after it was sent, then looks nine times: so the end is in the table
    /// 10 s after the last heartbeat. Every process is a witness, so it notices an end no later than that. A call that is rejected
    /// and has looked for ended processes just before looks again after one second. So slots are free again 11 s after the last
    /// heartbeat, which leaves 4 s of the 15 s that are promised for a witness or a Redis that is late. How late a look is does not
    /// matter up to <see cref="MostPerLook"/>.
    /// </remarks>
    internal static readonly TimeSpan Validity = TimeSpan.FromSeconds(9);

    /// <summary>
    /// For so long after it sent a heartbeat that was answered, a process counts itself as alive. It is shorter than
    /// <see cref="Validity"/>, so that clocks may differ in speed by a tenth.
    /// </summary>
    internal static readonly TimeSpan Trust = Validity * 9 / 10;

    /// <summary>
    /// The most that a witness counts between two looks: while Redis or the witness itself was away, others could not be seen.
    /// </summary>
    internal static readonly TimeSpan MostPerLook = TimeSpan.FromSeconds(3);

    /// <summary>The time between two attempts before the first heartbeat was answered.</summary>
    internal static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(250);

    /// <summary>After so long without an answer to a heartbeat, Redis counts as away.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>For so long a process that stops waits for its deregistration.</summary>
    internal static readonly TimeSpan AtStop = TimeSpan.FromSeconds(1);
}
